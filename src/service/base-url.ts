import { invalid } from '../check.js'

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/**
 * Where a service is. A credential goes there: so it is `https`, unless it does not leave the machine.
 *
 * @throws GovernanceError `invalid-option`; without the URL, which may hold a password
 */
export function readBaseUrl(baseUrl: string, option: string): URL {
  if (!URL.canParse(baseUrl)) throw invalid(option, 'expected an absolute URL such as "https://decisions.example.com"')
  const url = new URL(baseUrl)
  if (url.username !== '' || url.password !== '')
    throw invalid(option, 'a URL with a user name or password is refused; use `apiKey` or `bearerToken`')
  if (url.search !== '' || url.hash !== '') throw invalid(option, 'expected a URL without a query and a fragment')
  if (url.protocol === 'https:') return url
  const isLocal = url.protocol === 'http:' && LOOPBACK.test(url.hostname)
  if (!isLocal)
    throw invalid(option, 'expected https; plain http is for loopback addresses only, a credential would be readable')
  return url
}
