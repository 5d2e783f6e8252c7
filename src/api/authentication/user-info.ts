import { array, atomicList, describe, type Infer, map, object, string } from '../../schema/schema.ts'

const authentication = (name: string) => `io.k8s.api.authentication.v1.${name}`

export const userInfo = object(authentication('UserInfo'), '', {
  extra: describe('What else the authenticator knows.', map(array(string()))),
  groups: describe('Groups that the user is in.', atomicList(string())),
  uid: string('Identity that outlasts the name.'),
  username: string('Name of the user.'),
})
export type UserInfo = Infer<typeof userInfo>
