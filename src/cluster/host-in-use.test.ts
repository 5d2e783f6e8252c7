import assert from 'node:assert/strict'
import { it } from 'node:test'
import { listeningPorts, redirectedPorts, routedSubnets } from './host-in-use.ts'

it('routes are read from the kernel’s table, the default route aside', () => {
  const table = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
br0\t00001EAC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
`
  assert.deepEqual(routedSubnets(table), ['192.0.2.0/24', '172.30.0.0/16'])
})

it('only listening sockets take a port', () => {
  const table = `  sl  local_address rem_address   st tx_queue
   0: 0100007F:192B 00000000:0000 0A 00000000:00000000
   1: 0100007F:9C40 0100007F:192B 01 00000000:00000000
   2: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 0
`
  assert.deepEqual(listeningPorts(table), [6443, 80])
})

it('ports that the packet filter sends elsewhere are taken', () => {
  const ruleset = `table ip coxswain-dev {
	chain ports {
		fib daddr type local tcp dport 8080 dnat to 172.30.0.2:30080
		ip daddr 127.0.0.1 udp dport 5353 counter packets 0 bytes 0 dnat to 172.30.0.2:30053
		tcp dport 9090 accept
	}
}
`
  assert.deepEqual(redirectedPorts(ruleset), [8080, 5353])
})
