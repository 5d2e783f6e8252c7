// A WebSocket client that carries bytes in binary messages under any sub-protocol: libraries refuse names with a slash.
import { randomBytes } from 'node:crypto'
import { Duplex } from 'node:stream'
import { headerOf, requestUpgrade } from '../../base/upgrade/upgrade.ts'
import { connect } from '../../platform/connect.ts'

export async function dialWebSocketBytes(
  port: number,
  protocol: string,
): Promise<{ bytes: Duplex; protocol: string | undefined; status: number }> {
  const socket = await connect({ host: '127.0.0.1', port })
  const answer = await requestUpgrade(socket, {
    method: 'GET',
    path: '/portforward',
    headers: [
      ['Host', '127.0.0.1'],
      ['Connection', 'Upgrade'],
      ['Upgrade', 'websocket'],
      ['Sec-WebSocket-Version', '13'],
      ['Sec-WebSocket-Key', randomBytes(16).toString('base64')],
      ['Sec-WebSocket-Protocol', protocol],
    ],
  })
  const bytes = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _encoding, done) => void socket.write(clientFrame(2, chunk), done),
    final: done => void socket.write(clientFrame(8, Buffer.alloc(0)), () => done()),
  })
  let pending = answer.head
  const receive = (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk])
    for (;;) {
      const frame = takeFrame(pending)
      if (!frame) return
      pending = frame.rest
      if (frame.opcode === 8) bytes.push(null)
      else bytes.push(frame.payload)
    }
  }
  socket
    .on('data', receive)
    .on('end', () => socket.end())
    .on('close', () => bytes.destroy())
    .on('error', () => bytes.destroy())
  receive(Buffer.alloc(0))
  socket.resume()
  return { bytes, protocol: headerOf(answer.headers, 'sec-websocket-protocol'), status: answer.status }
}

/** Masked with zeros, which changes nothing. */
function clientFrame(opcode: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(14)
  head[0] = 0x80 | opcode
  head[1] = 0x80 | 127
  head.writeBigUInt64BE(BigInt(payload.length), 2)
  return Buffer.concat([head, payload])
}

function takeFrame(buffer: Buffer): { opcode: number; payload: Buffer; rest: Buffer } | undefined {
  if (buffer.length < 2) return undefined
  const short = buffer[1]! & 0x7f
  const start = short === 126 ? 4 : short === 127 ? 10 : 2
  if (buffer.length < start) return undefined
  const length = short === 126 ? buffer.readUInt16BE(2) : short === 127 ? Number(buffer.readBigUInt64BE(2)) : short
  if (buffer.length < start + length) return undefined
  return { opcode: buffer[0]! & 15, payload: buffer.subarray(start, start + length), rest: buffer.subarray(start + length) }
}
