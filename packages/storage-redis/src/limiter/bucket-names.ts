import type { Bucket } from '@proxy/core'
import { encodePart } from '../keys.js'

/** The buckets of a call as the scripts want them. */
export interface NamedBuckets {
  readonly buckets: readonly Bucket[]
  /** The same for all buckets of a group: what a cluster places them by. */
  readonly group: string
  readonly keys: readonly string[]
}

export type NameBuckets = (buckets: readonly Bucket[]) => NamedBuckets

/** Names buckets by keys that share the hash tag of their group. A list that is seen again is not named again. */
export function bucketNames(prefix: string): NameBuckets {
  const known = new WeakMap<readonly Bucket[], NamedBuckets>()

  return (buckets) => {
    let named = known.get(buckets)
    if (named === undefined) {
      const group = tagOf(prefix, buckets[0])
      named = { buckets, group, keys: buckets.map((bucket) => `${tagOf(prefix, bucket)}:${encodePart(bucket.key)}`) }
      known.set(buckets, named)
    }
    return named
  }
}

/** The key that marks a bucket as being restored. */
export function restoreMark(key: string): string {
  return `${key} restored`
}

/** A key of a bucket that nobody counts in, placed like those of the group. */
export function probeKey(group: string): string {
  return `${group} probe`
}

function tagOf(prefix: string, bucket: Bucket | undefined): string {
  const group = bucket?.group
  return `${prefix}{r${group === undefined ? '' : `/${encodePart(group)}`}}`
}
