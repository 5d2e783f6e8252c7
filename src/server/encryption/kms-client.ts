// The client of a key management service: gRPC over a unix socket, as upstream's kms/apis/v2/api.proto has it. gRPC is loaded with the
// first call.
import type { Client } from '@grpc/grpc-js'
import { ProtoReader, ProtoWriter } from '../../base/protobuf-wire.ts'
import { type KmsClient, readAnnotation, writeAnnotations } from './kms.ts'

type Handlers = Readonly<Record<number, (from: ProtoReader) => void>>

function read(bytes: Buffer, fields: Handlers): void {
  for (const from = new ProtoReader(bytes); !from.atEnd; ) {
    const { number, wireType } = from.tag()
    const field = wireType === 2 ? fields[number] : undefined
    if (field) field(from)
    else from.skip(number, wireType)
  }
}

function message(write: (to: ProtoWriter) => void): Buffer {
  const to = new ProtoWriter()
  write(to)
  return Buffer.from(to.finish())
}

function bytesField(to: ProtoWriter, field: number, value: Buffer): void {
  to.tag(field, 2)
  to.bytes(value)
}

function stringField(to: ProtoWriter, field: number, value: string): void {
  to.tag(field, 2)
  to.string(value)
}

/** `nowMs`: deadlines are points in time. */
export function connectKms(socketPath: string, timeoutMs: number, nowMs: () => number): KmsClient {
  let connecting: Promise<Client> | undefined
  const connect = async (): Promise<Client> => {
    const { Client: GrpcClient, credentials } = await import('@grpc/grpc-js')
    return new GrpcClient(`unix:${socketPath}`, credentials.createInsecure(), { 'grpc.default_authority': 'localhost' })
  }
  const call = async (method: string, request: Buffer): Promise<Buffer> => {
    connecting ??= connect()
    const client = await connecting
    return new Promise((resolve, reject) => {
      const asItIs = (bytes: Buffer) => bytes
      client.makeUnaryRequest(
        `/v2.KeyManagementService/${method}`,
        asItIs,
        asItIs,
        request,
        { deadline: nowMs() + timeoutMs },
        (error, answer) => (error ? reject(error) : resolve(answer ?? Buffer.alloc(0))),
      )
    })
  }
  return {
    async status() {
      let version = ''
      let healthz = ''
      let keyId = ''
      read(await call('Status', Buffer.alloc(0)), {
        1: from => {
          version = from.run().toString()
        },
        2: from => {
          healthz = from.run().toString()
        },
        3: from => {
          keyId = from.run().toString()
        },
      })
      return { version, healthz, keyId }
    },
    async encrypt(plaintext, uid) {
      const request = message(to => {
        bytesField(to, 1, plaintext)
        stringField(to, 2, uid)
      })
      const annotations = new Map<string, Buffer>()
      let ciphertext = Buffer.alloc(0)
      let keyId = ''
      read(await call('Encrypt', request), {
        1: from => {
          ciphertext = Buffer.from(from.run())
        },
        2: from => {
          keyId = from.run().toString()
        },
        3: from => readAnnotation(from.nested(), annotations),
      })
      return { ciphertext, keyId, annotations }
    },
    async decrypt({ ciphertext, keyId, annotations }, uid) {
      const request = message(to => {
        bytesField(to, 1, ciphertext)
        stringField(to, 2, uid)
        stringField(to, 3, keyId)
        writeAnnotations(to, 4, annotations)
      })
      let plaintext = Buffer.alloc(0)
      read(await call('Decrypt', request), {
        1: from => {
          plaintext = Buffer.from(from.run())
        },
      })
      return plaintext
    },
    close() {
      void connecting?.then(client => client.close())
    },
  }
}
