import assert from 'node:assert/strict'
import { test } from 'node:test'
import { invokingUser } from './invoking-user.ts'

const passwd = () => 'root:x:0:0:root:/root:/bin/bash\nann:x:1000:1001:Ann:/home/ann:/bin/sh\n'
const self = () => '/self'

test('under sudo it is the user who typed it', () => {
  const env = { SUDO_UID: '1000', SUDO_GID: '1001', HOME: '/root' }
  assert.deepEqual(invokingUser(env, passwd, self), { home: '/home/ann', owner: { uid: 1000, gid: 1001 } })
})
test('without sudo, or when root used it, it is ourselves', () => {
  assert.deepEqual(invokingUser({ HOME: '/h' }, passwd, self), { home: '/h', owner: undefined })
  assert.deepEqual(invokingUser({ HOME: '/h', SUDO_UID: '0' }, passwd, self), { home: '/h', owner: undefined })
  assert.deepEqual(invokingUser({}, passwd, self), { home: '/self', owner: undefined })
})
test('a user whom the machine does not know is passed over', () => {
  assert.deepEqual(invokingUser({ HOME: '/h', SUDO_UID: '7' }, passwd, self), { home: '/h', owner: undefined })
})
