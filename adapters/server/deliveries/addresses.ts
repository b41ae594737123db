import { lookup } from 'node:dns/promises'
import { BlockList, isIP, isIPv4 } from 'node:net'
import { DeliveryFailure } from './delivery.js'

/** Where a name leads. */
export interface Address {
  readonly address: string
  readonly family: number
}

/** Finds the addresses of a host. */
export type Resolve = (host: string) => Promise<readonly Address[]>

const LOOPBACK = listOf('127.0.0.0/8', '::1/128')
/** Of no use to the public: private, link-local (with the metadata of clouds), shared, documentation, multicast, reserved. */
const NOT_PUBLIC = listOf(
  ...'0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 168.63.129.16/32 169.254.0.0/16 172.16.0.0/12'.split(' '),
  ...'192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24'.split(' '),
  ...'203.0.113.0/24 224.0.0.0/4 240.0.0.0/4'.split(' '),
  // Of the public ones (2000::/3): what leads to an IPv4 address, benchmarks and documentation.
  ...'2001::/23 2001:db8::/32 2002::/16 3fff::/20'.split(' '),
)
const PUBLIC_V6 = listOf('2000::/3')

/** Where messages may go besides public addresses over https. */
export interface Reach {
  /** This machine, and there without https. */
  readonly allowLoopback: boolean
  /** Names and addresses, as they stand in a URL, that may lead anywhere; over https all the same. @defaultValue none */
  readonly allowHosts?: readonly string[]
}

/** The host of a URL that whoever runs the service has written himself, for {@link Reach.allowHosts}. */
export function hostsOf(url: string): readonly string[] {
  return URL.canParse(url) ? [hostOf(new URL(url))] : []
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '')
}

/** Whether a host is one of those that may lead anywhere. */
export function isAllowedHost({ allowHosts = [] }: Reach, url: URL): boolean {
  return allowHosts.some(host => host.toLowerCase() === hostOf(url))
}

/**
 * The address to connect to. All that a name leads to must be public; or all loopback, where that is allowed; or the host one that is
 * allowed.
 *
 * @throws DeliveryFailure final for an address that is not to be asked; not final where the name cannot be resolved
 */
export async function addressOf(url: URL, reach: Reach, resolve: Resolve = resolveName): Promise<Address> {
  const host = hostOf(url)
  const family = isIP(host)
  const found = family === 0 ? await resolve(host).catch(() => []) : [{ address: host, family }]
  const [first] = found
  if (first === undefined) throw new DeliveryFailure('the host name cannot be resolved')
  const isLocal = reach.allowLoopback && found.every(({ address }) => isIn(LOOPBACK, address))
  if (!isLocal && !isAllowedHost(reach, url) && !found.every(({ address }) => isPublic(address))) {
    throw new DeliveryFailure('the host is not at a public address', { isFinal: true })
  }
  if (!isLocal && url.protocol !== 'https:') throw new DeliveryFailure('only https is used', { isFinal: true })
  return first
}

/** Whether an address is one of the public internet's. */
export function isPublic(address: string): boolean {
  if (isIP(address) === 0 || isIn(NOT_PUBLIC, address)) return false
  return isIPv4(address) || isIn(PUBLIC_V6, address)
}

function isIn(list: BlockList, address: string): boolean {
  return list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')
}

function resolveName(host: string): Promise<readonly Address[]> {
  return lookup(host, { all: true })
}

function listOf(...ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [net = '', bits] = range.split('/')
    list.addSubnet(net, Number(bits), isIPv4(net) ? 'ipv4' : 'ipv6')
  }
  return list
}
