/** What is known of a case in the end. */
export interface CaseLabel {
  /** Whether a person would have refused the call, or the world punished it. */
  readonly isBad: boolean
  /** How much it counts: trust, or the inverse of the chance that it was to be seen at all. @defaultValue 1 */
  readonly weight?: number | undefined
  /** Who says so. Bounds what one source can teach. @defaultValue trusted without bound */
  readonly source?: string | undefined
  /** Id of the decision, by which it can be cited as a precedent. @defaultValue it is not cited */
  readonly id?: string | undefined
}
