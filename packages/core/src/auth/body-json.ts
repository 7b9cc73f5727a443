import { type JsonMember, readJsonObject } from './json-members.js'

const depthMost = 1_000

/**
 * The JSON object with a text member set: in place of one of the same name, else behind the last. All other bytes stay.
 * Undefined when the body is no JSON object.
 */
export function setJsonMember(body: Buffer, name: string, value: string): Buffer | undefined {
  const object = readJsonObject(body, depthMost)
  if (object === undefined) return undefined
  const { members, start } = object
  if (members.some((member) => member.name === name)) return replace(body, members, name, JSON.stringify(value))
  const last = members.at(-1)
  const member = `${JSON.stringify(name)}:${JSON.stringify(value)}`
  return last === undefined ? insert(body, start + 1, member) : insert(body, last.end, `,${member}`)
}

/**
 * The first member of the name gets the value; the others go, each with the comma before it. What stays is copied once,
 * as a caller may repeat the name as often as a body can hold it.
 */
function replace(body: Buffer, members: readonly JsonMember[], name: string, value: string): Buffer {
  const pieces: Buffer[] = []
  let copiedTo = 0
  let endBefore = 0
  for (const member of members) {
    if (member.name === name) {
      if (pieces.length === 0) pieces.push(body.subarray(0, member.valueStart), Buffer.from(value, 'utf8'))
      else pieces.push(body.subarray(copiedTo, endBefore))
      copiedTo = member.end
    }
    endBefore = member.end
  }
  pieces.push(body.subarray(copiedTo))
  return Buffer.concat(pieces)
}

function insert(bytes: Buffer, at: number, text: string): Buffer {
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(text, 'utf8'), bytes.subarray(at)])
}
