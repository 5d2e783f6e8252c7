// Who a command works for. Under sudo that is the user who typed it: the kubeconfig is theirs, not root's.
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'

export interface User {
  readonly home: string
  /** To whom new files are given; undefined where they belong to us anyway. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined
}

export function invokingUser(env: NodeJS.ProcessEnv, passwd = readPasswd, self = homedir): User {
  const uid = Number(env['SUDO_UID'])
  const gid = Number(env['SUDO_GID'])
  const home = uid > 0 ? homeOf(passwd(), uid) : undefined
  if (home === undefined) return { home: env['HOME'] || self(), owner: undefined }
  return { home, owner: { uid, gid: Number.isInteger(gid) ? gid : uid } }
}

function homeOf(passwd: string, uid: number): string | undefined {
  const fields = passwd.split('\n').map(line => line.split(':'))
  return fields.find(each => each[2] === String(uid))?.[5]
}

function readPasswd(): string {
  try {
    return readFileSync('/etc/passwd', 'utf8')
  } catch {
    return ''
  }
}
