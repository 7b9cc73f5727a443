import type { Account, AccountDirectory, AccountQuery } from '@proxy/core'

const rowsAtOnce = 100

/** Every account that fits, page after page; the rows may be deleted on the way. */
export async function* eachAccount(
  storage: AccountDirectory,
  query: Omit<AccountQuery, 'limit' | 'after' | 'before'>,
): AsyncGenerator<Account> {
  let after: string | undefined
  for (;;) {
    const page = await storage.listAccounts({
      ...query,
      limit: rowsAtOnce,
      ...(after === undefined ? undefined : { after }),
    })
    yield* page.rows
    after = page.rows.at(-1)?.id
    if (!page.hasMore || after === undefined) return
  }
}
