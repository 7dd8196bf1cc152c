/** Somebody of a tenant: as a seed gives them, or made up from an id. */
import type { Person, PersonNow } from "../protocol/PublicTypes.ts"
import * as Attendance from "./Attendance.ts"

const surnames = [
  ["王", "Wang"],
  ["李", "Li"],
  ["张", "Zhang"],
  ["刘", "Liu"],
  ["陈", "Chen"],
  ["杨", "Yang"],
  ["赵", "Zhao"],
  ["黄", "Huang"],
  ["周", "Zhou"],
  ["吴", "Wu"],
  ["徐", "Xu"],
  ["孙", "Sun"],
  ["胡", "Hu"],
  ["朱", "Zhu"],
  ["高", "Gao"],
  ["林", "Lin"],
] as const
const givenNames = [
  ["芳", "Fang"],
  ["伟", "Wei"],
  ["娜", "Na"],
  ["敏", "Min"],
  ["静", "Jing"],
  ["丽", "Li"],
  ["强", "Qiang"],
  ["磊", "Lei"],
  ["洋", "Yang"],
  ["艳", "Yan"],
  ["勇", "Yong"],
  ["军", "Jun"],
  ["杰", "Jie"],
  ["涛", "Tao"],
  ["明", "Ming"],
  ["超", "Chao"],
] as const

/** Returns the name that is made up for an id, in Chinese and in English. */
const nameOf = (openId: string): Pick<PersonNow, "name" | "en_name"> => {
  const [a = 0, b = 0, c = 0] = Buffer.from(Attendance.digestOf(`name/${openId}`).slice(0, 6), "hex")
  const [surname, inEnglish] = surnames[a % surnames.length]!
  const [first, firstInEnglish] = givenNames[b % givenNames.length]!
  const [second, secondInEnglish] = givenNames[c % givenNames.length]!
  return {
    name: surname + first + second,
    en_name: `${firstInEnglish}${secondInEnglish.toLowerCase()} ${inEnglish}`,
  }
}

/** Returns a person with every value; `tenant` is that of somebody who was given none. */
export const of = (
  { en_name, name, policy, status = "active", tenant_key: ofItsOwn, ...ids }: Person,
  tenant: string,
): PersonNow => {
  const { open_id, union_id, user_id = "" } = Attendance.userOf(ids)
  const madeUp = nameOf(open_id)
  return {
    open_id,
    union_id,
    user_id,
    name: name ?? madeUp.name,
    en_name: en_name ?? madeUp.en_name,
    tenant_key: ofItsOwn ?? tenant,
    status,
    ...(policy === undefined ? {} : { policy }),
  }
}

/** Returns the person that is made up for an id. */
export const madeUp = (openId: string, tenant: string): PersonNow => of({ open_id: openId }, tenant)
