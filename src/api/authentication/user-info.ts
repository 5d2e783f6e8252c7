import { array, atomicList, type Infer, map, object, string } from '../../schema/schema.ts'

const authentication = (name: string) => `io.k8s.api.authentication.v1.${name}`

export const userInfo = object(authentication('UserInfo'), '', {
  extra: map(array(string())),
  groups: atomicList(string()),
  uid: string(),
  username: string(),
})
export type UserInfo = Infer<typeof userInfo>
