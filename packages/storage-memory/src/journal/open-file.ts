import { randomBytes } from 'node:crypto'
import { closeSync, fchmodSync, fstatSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { SealError, type Sealer } from '@proxy/core'
import type { Change } from '../state.js'
import { type FrameCodec, plainFrames, sealedFrames } from './frame-codec.js'
import { syncDirectory } from './journal-files.js'
import { type Line, readLines } from './read-lines.js'

const format = 'api-proxy-storage'
const formatVersion = 1

/** A journal file that was read to its end. */
export interface OpenedFile {
  readonly descriptor: number
  readonly codec: FrameCodec
  /** Bytes up to the end of the last good line; the next one goes there. */
  readonly length: number
  /** Number of the next line. */
  readonly nextIndex: number
  readonly changeCount: number
  /** True when some line is sealed with an old key. */
  readonly isOutdated: boolean
  /** A last line that was written whole but for its end, to be written again. */
  readonly repeat: readonly Change[] | undefined
  /** Bytes of a torn last line, which was never acknowledged. */
  readonly tornBytes: number
}

/** The first line of a new file, and the codec for the ones after it. */
export function newHeader(sealer: Sealer | undefined): { readonly line: string; readonly codec: FrameCodec } {
  const id = randomBytes(16).toString('hex')
  return {
    line: `${JSON.stringify({ format, version: formatVersion, id, sealed: sealer !== undefined })}\n`,
    codec: codecFor(id, sealer),
  }
}

/** Where the next state of `path` is written before it takes its place. */
export function draftPath(path: string): string {
  return `${path}.new`
}

/** Opens `path`, or makes it, and hands every change in it to `apply`. Throws naming the file and the offset. */
export function openFile(path: string, sealer: Sealer | undefined, apply: (change: Change) => void): OpenedFile {
  rmSync(draftPath(path), { force: true })
  let descriptor = openExisting(path)
  if (descriptor === undefined || fstatSync(descriptor).size === 0) {
    if (descriptor !== undefined) closeSync(descriptor)
    descriptor = createFile(path, sealer)
  }
  try {
    fchmodSync(descriptor, 0o600)
    return readFile(path, descriptor, sealer, apply)
  } catch (error) {
    closeSync(descriptor)
    throw error
  }
}

function openExisting(path: string): number | undefined {
  try {
    return openSync(path, 'r+')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

function createFile(path: string, sealer: Sealer | undefined): number {
  const descriptor = openSync(draftPath(path), 'wx+', 0o600)
  writeSync(descriptor, newHeader(sealer).line)
  fsyncSync(descriptor)
  renameSync(draftPath(path), path)
  syncDirectory(path)
  return descriptor
}

function readFile(
  path: string,
  descriptor: number,
  sealer: Sealer | undefined,
  apply: (change: Change) => void,
): OpenedFile {
  let codec: FrameCodec | undefined
  let index = 0
  let changeCount = 0
  let isOutdated = false
  for (const line of readLines(descriptor)) {
    if (codec === undefined) {
      codec = readHeader(path, line, sealer)
      continue
    }
    const changes = decode(path, codec, line, index)
    if (changes === undefined || !line.complete) {
      const tornBytes = changes === undefined ? fstatSync(descriptor).size - line.offset : 0
      for (const change of changes ?? []) apply(change)
      return {
        ...{ descriptor, codec, length: line.offset, nextIndex: index, changeCount, isOutdated },
        ...{ repeat: changes, tornBytes },
      }
    }
    for (const change of changes) apply(change)
    isOutdated ||= codec.isOutdated(line.text)
    changeCount += changes.length
    index += 1
  }
  if (codec === undefined) throw new Error(`The storage file ${path} cannot be read.`)
  const length = fstatSync(descriptor).size
  return { descriptor, codec, length, nextIndex: index, changeCount, isOutdated, repeat: undefined, tornBytes: 0 }
}

/** Undefined for a last line that was not written to its end, which was therefore never acknowledged. */
function decode(path: string, codec: FrameCodec, line: Line, index: number): readonly Change[] | undefined {
  try {
    return codec.decode(line.text, index)
  } catch (error) {
    if (!line.complete) return undefined
    if (error instanceof SealError && error.reason === 'unknown-key') {
      throw new Error(`The storage file ${path} cannot be opened with the encryption keys given. ${error.message}`)
    }
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(
      `The storage file ${path} is damaged at byte ${line.offset} (line ${index + 2}): ${reason} It was left as it is; restore it from a copy.`,
    )
  }
}

function readHeader(path: string, line: Line, sealer: Sealer | undefined): FrameCodec {
  const header = parseHeader(line.text)
  if (header === undefined || !line.complete) throw new Error(`${path} is not a storage file of this program.`)
  if (header.version !== formatVersion) {
    throw new Error(`The storage file ${path} has version ${header.version}, and this program reads ${formatVersion}.`)
  }
  if (header.sealed && sealer === undefined) {
    throw new Error(`The storage file ${path} is sealed, and no encryption key is given.`)
  }
  if (!header.sealed && sealer !== undefined) {
    throw new Error(`The storage file ${path} is not sealed, and plaintext at rest is not allowed.`)
  }
  return codecFor(header.id, sealer)
}

function parseHeader(text: string): { version: number; id: string; sealed: boolean } | undefined {
  try {
    const header: unknown = JSON.parse(text)
    if (typeof header !== 'object' || header === null || !('format' in header) || header.format !== format)
      return undefined
    const { version, id, sealed } = { version: undefined, id: undefined, sealed: undefined, ...header }
    return typeof version === 'number' && typeof id === 'string' && typeof sealed === 'boolean'
      ? { version, id, sealed }
      : undefined
  } catch {
    return undefined
  }
}

function codecFor(id: string, sealer: Sealer | undefined): FrameCodec {
  return sealer === undefined ? plainFrames(id) : sealedFrames(sealer, id)
}
