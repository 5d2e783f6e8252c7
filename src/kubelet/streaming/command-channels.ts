// The WebSocket sub-protocols of exec and attach: every message is one channel's bytes. Which side closes, how bytes are put
// into messages and how the outcome is told differ by version; this file is the whole of these differences.

/** First byte of a message. 255 closes the channel named by the next byte (v5 only). */
export const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const

export interface CommandProtocol {
  /** As negotiated; empty where the client asked for none. */
  readonly name: string
  /** Text messages: the channel as a digit, then base64. Else binary: the channel as a byte, then the bytes. */
  readonly isBase64: boolean
  /** The outcome is a `Status` in JSON; before version 4 it is the bare message, and success is silence. */
  readonly hasJsonStatus: boolean
  readonly canCloseStdin: boolean
}

export const commandProtocols: readonly CommandProtocol[] = [
  { name: 'v5.channel.k8s.io', isBase64: false, hasJsonStatus: true, canCloseStdin: true },
  { name: 'v4.channel.k8s.io', isBase64: false, hasJsonStatus: true, canCloseStdin: false },
  { name: 'v4.base64.channel.k8s.io', isBase64: true, hasJsonStatus: true, canCloseStdin: false },
  { name: 'channel.k8s.io', isBase64: false, hasJsonStatus: false, canCloseStdin: false },
  { name: 'base64.channel.k8s.io', isBase64: true, hasJsonStatus: false, canCloseStdin: false },
  { name: '', isBase64: false, hasJsonStatus: false, canCloseStdin: false },
]

/** The first protocol of the client's list (`Sec-WebSocket-Protocol`) that is spoken here. */
export function negotiateCommandProtocol(offered: string | undefined): CommandProtocol | undefined {
  const names = (offered ?? '').split(',').map(name => name.trim())
  return names.flatMap(name => commandProtocols.find(protocol => protocol.name === name) ?? [])[0]
}

export function encodeChannelMessage(protocol: CommandProtocol, number: number, bytes: Uint8Array): Buffer | string {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return protocol.isBase64 ? `${number}${data.toString('base64')}` : Buffer.concat([Buffer.from([number]), data])
}

/** `undefined` for an empty message, which means nothing. */
export function decodeChannelMessage(protocol: CommandProtocol, message: Buffer): { channel: number; bytes: Buffer } | undefined {
  const first = message[0]
  if (first === undefined) return undefined
  if (!protocol.isBase64) return { channel: first, bytes: message.subarray(1) }
  return { channel: first - 0x30, bytes: Buffer.from(message.toString('latin1', 1), 'base64') }
}
