// The program that holds a pod's namespaces: as process 1 it ignores SIGCHLD, so that the kernel reaps orphans by itself, ends on SIGTERM
// and SIGINT, and sleeps. It needs no library and no compiler: a static ELF file of a few hundred bytes, written out here.
import { packLayer } from './layer.ts'
import { type Image, ociArchitecture } from './oci-image.ts'

export const pauseImageName = 'coxswain.local/pause:1'

export async function pauseImage(architecture = ociArchitecture()): Promise<Image> {
  const layer = await packLayer([{ path: 'pause', kind: 'file', content: pauseProgram(architecture), mode: 0o755 }])
  return { name: pauseImageName, layers: [layer], config: { Entrypoint: ['/pause'], User: '65535:65535', WorkingDir: '/' } }
}

/** The ELF file. Throws for an architecture it is not written for. */
export function pauseProgram(architecture: string): Buffer {
  if (architecture === 'amd64') return elf(machine.x86_64, x86Code)
  if (architecture === 'arm64') return elf(machine.aarch64, armCode)
  throw new Error(`there is no pause program for ${architecture}, only for amd64 and arm64`)
}

/** ELF's numbers for processors (e_machine). */
const machine = { x86_64: 62, aarch64: 183 }

const loadAddress = 0x400000
const headerSize = 64 + 56 // the ELF header and one program header
const codeSize = 128 // room for either program; the two `sigaction` structures follow
const sigactionSize = 32
const ignoreAddress = loadAddress + headerSize + codeSize
const quitAddress = ignoreAddress + sigactionSize

const SIGINT = 2
const SIGTERM = 15
const SIGCHLD = 17
const SIG_IGN = 1n
const SA_RESTORER = 0x04000000n // x86-64 refuses a handler without one; ours never returns, so it is never used

/** One segment, readable and executable, holds headers, code and data. elf(5) */
function elf(processor: number, makeCode: (quitOffset: (offset: number) => void) => Buffer): Buffer {
  let quit = 0
  const code = makeCode(offset => {
    quit = loadAddress + headerSize + offset
  })
  const file = Buffer.alloc(headerSize + codeSize + 2 * sigactionSize)
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]) // magic, 64 bit, little endian, version 1, System V
  file.writeUInt16LE(2, 16) // e_type: executable
  file.writeUInt16LE(processor, 18) // e_machine
  file.writeUInt32LE(1, 20) // e_version
  file.writeBigUInt64LE(BigInt(loadAddress + headerSize), 24) // e_entry
  file.writeBigUInt64LE(64n, 32) // e_phoff: right behind this header
  file.writeUInt16LE(64, 52) // e_ehsize
  file.writeUInt16LE(56, 54) // e_phentsize
  file.writeUInt16LE(1, 56) // e_phnum
  file.writeUInt32LE(1, 64) // p_type: load
  file.writeUInt32LE(5, 68) // p_flags: read and execute
  file.writeBigUInt64LE(0n, 72) // p_offset: from the file's start
  file.writeBigUInt64LE(BigInt(loadAddress), 80) // p_vaddr
  file.writeBigUInt64LE(BigInt(loadAddress), 88) // p_paddr
  file.writeBigUInt64LE(BigInt(file.length), 96) // p_filesz
  file.writeBigUInt64LE(BigInt(file.length), 104) // p_memsz
  file.writeBigUInt64LE(0x1000n, 112) // p_align
  file.set(code, headerSize)
  // struct sigaction of the kernel: handler, flags, restorer, mask
  file.writeBigUInt64LE(SIG_IGN, ignoreAddress - loadAddress)
  file.writeBigUInt64LE(BigInt(quit), quitAddress - loadAddress)
  file.writeBigUInt64LE(SA_RESTORER, quitAddress - loadAddress + 8)
  file.writeBigUInt64LE(BigInt(quit), quitAddress - loadAddress + 16)
  return file
}

function x86Code(quitIsAt: (offset: number) => void): Buffer {
  const imm32 = (value: number) => [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >> 24) & 0xff]
  const syscall = [0x0f, 0x05]
  const sigaction = (signal: number, action: number) => [
    ...[0xbf, ...imm32(signal)], //  mov edi, signal
    ...[0xbe, ...imm32(action)], //  mov esi, action
    ...[0xb8, ...imm32(13)], //      mov eax, 13        rt_sigaction
    ...syscall,
  ]
  const main = [
    ...[0x31, 0xd2], //              xor edx, edx       no old action wanted
    ...[0x41, 0xba, ...imm32(8)], // mov r10d, 8        size of the mask
    ...sigaction(SIGCHLD, ignoreAddress),
    ...sigaction(SIGTERM, quitAddress),
    ...sigaction(SIGINT, quitAddress),
    ...[0xb8, ...imm32(34)], //      mov eax, 34        pause
    ...syscall,
    ...[0xeb, 0xf7], //              jmp -9             to the mov before
  ]
  quitIsAt(main.length)
  const quit = [
    ...[0x31, 0xff], //              xor edi, edi       status 0
    ...[0xb8, ...imm32(231)], //     mov eax, 231       exit_group
    ...syscall,
  ]
  return Buffer.from([...main, ...quit])
}

function armCode(quitIsAt: (offset: number) => void): Buffer {
  const words: number[] = []
  const movz = (register: number, value: number) => words.push(0xd2800000 + value * 32 + register)
  const svc = () => words.push(0xd4000001)
  /** Puts an address into a register, told by its distance from this instruction. */
  const adr = (register: number, address: number) => {
    const distance = address - (loadAddress + headerSize + words.length * 4)
    words.push(0x10000000 + (distance % 4) * 2 ** 29 + Math.floor(distance / 4) * 32 + register)
  }
  const sigaction = (signal: number, action: number) => {
    movz(0, signal)
    adr(1, action)
    movz(2, 0) // no old action wanted
    movz(3, 8) // size of the mask
    movz(8, 134) // rt_sigaction
    svc()
  }
  sigaction(SIGCHLD, ignoreAddress)
  sigaction(SIGTERM, quitAddress)
  sigaction(SIGINT, quitAddress)
  const loop = words.length
  for (const register of [0, 1, 2, 3]) movz(register, 0)
  movz(8, 73) // ppoll on nothing, without end: there is no pause on this processor
  svc()
  words.push(0x14000000 + ((loop - words.length) & 0x3ffffff)) // b loop
  quitIsAt(words.length * 4)
  movz(0, 0) // status 0
  movz(8, 94) // exit_group
  svc()
  const code = Buffer.alloc(words.length * 4)
  for (const [index, word] of words.entries()) code.writeUInt32LE(word, index * 4)
  return code
}
