import type { ApiProxy } from '@proxy/core'
import { toFetchHandler } from '@proxy/core/fetch'

/** In whose name a program calls. */
export interface InProcessCaller {
  readonly key: string
  readonly project: string
  readonly environment: 'development' | 'production'
}

export interface InProcessAccount {
  readonly id: string
  readonly externalUserId: string
}

export interface InProcessProxy {
  /** `fetch` with the credential of an account: a full URL, or a path of the account's API. */
  fetch(account: InProcessAccount, url: string, init?: RequestInit): Promise<Response>
}

/** The proxy without a server: calls never leave the process until they go to the vendor. */
export function makeInProcess(proxy: ApiProxy, caller: InProcessCaller): InProcessProxy {
  const handle = toFetchHandler(proxy)
  return {
    fetch(account, url, init = {}) {
      const target = Buffer.from(url).toString('base64url')
      const query = new URLSearchParams({ account_id: account.id, external_user_id: account.externalUserId })
      const headers = new Headers({ authorization: `Bearer ${caller.key}`, 'x-pd-environment': caller.environment })
      for (const [name, value] of new Headers(init.headers)) headers.set(`x-pd-proxy-${name}`, value)
      const path = `/v1/connect/${caller.project}/proxy/${target}?${query}`
      return handle(new Request(`http://in-process${path}`, { ...init, headers }))
    },
  }
}
