import { BlockList, isIP } from 'node:net'

/** What is wrong with an entry of a list of addresses; nothing where it is an address, or a network as `10.0.0.0/8`. */
export function addressProblem(entry: string): string | undefined {
  const [address = '', prefix, ...more] = entry.split('/')
  const version = isIP(address)
  const isPrefix = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 6 ? 128 : 32))
  return version !== 0 && isPrefix && more.length === 0
    ? undefined
    : 'expected an IP address, or a network such as 10.0.0.0/8'
}

/** Whether an address is on a list. One that is not known is on none. */
export function isListed(address: string | undefined, list: readonly string[]): boolean {
  if (address === undefined) return false
  const plain = plainAddress(address)
  const version = isIP(plain)
  if (version === 0) return false
  const listed = new BlockList()
  for (const entry of list) {
    const [network = '', prefix] = entry.split('/')
    const family = isIP(network) === 6 ? 'ipv6' : 'ipv4'
    if (prefix === undefined) listed.addAddress(network, family)
    else listed.addSubnet(network, Number(prefix), family)
  }
  return listed.check(plain, version === 6 ? 'ipv6' : 'ipv4')
}

/** Whether all addresses of an entry are on a list. Of a list that names a network in parts, each part is looked at by itself. */
export function isNetworkListed(entry: string, list: readonly string[]): boolean {
  const [network = '', prefix] = entry.split('/')
  const version = isIP(network)
  const bits = version === 6 ? 128 : 32
  const length = prefix === undefined ? bits : Number(prefix)
  return list.some(wide => {
    const [other = '', otherPrefix] = wide.split('/')
    const isWider = isIP(other) === version && (otherPrefix === undefined ? bits : Number(otherPrefix)) <= length
    return isWider && isListed(network, [wide])
  })
}

/** An IPv4 address as such, also where it came over IPv6. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}
