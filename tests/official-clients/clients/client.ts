/** The part of the official 2.x and 3.x clients that is called here; each version's own class fits it. */
export interface Client {
  readonly rawAccessToken: Promise<string>
  readonly proxy: {
    get(request: ProxyRequest, options?: CallOptions): WithRawResponse
    delete(request: ProxyRequest, options?: CallOptions): WithRawResponse
    post(request: ProxyRequestWithBody, options?: CallOptions): WithRawResponse
    put(request: ProxyRequestWithBody, options?: CallOptions): WithRawResponse
    patch(request: ProxyRequestWithBody, options?: CallOptions): WithRawResponse
  }
  readonly apps: {
    list(request?: AppQuery, options?: CallOptions): Promise<Page<App>>
    retrieve(idOrSlug: string, options?: CallOptions): Promise<{ data: App }>
  }
  readonly accounts: {
    list(request?: AccountQuery, options?: CallOptions): Promise<Page<Account>>
    create(request: NewAccount, options?: CallOptions): Promise<Account>
    retrieve(id: string, request?: { includeCredentials?: boolean }, options?: CallOptions): Promise<Account>
    delete(id: string, options?: CallOptions): Promise<void>
    deleteByApp(app: string, options?: CallOptions): Promise<void>
  }
  readonly users: { deleteExternalUser(externalUserId: string, options?: CallOptions): Promise<void> }
  readonly tokens: {
    create(request: { externalUserId: string; allowedOrigins?: string[] }, options?: CallOptions): Promise<ConnectToken>
    validate(token: string, request: { appId: string }, options?: CallOptions): Promise<{ success: boolean; app?: App }>
  }
  readonly projects: { retrieveInfo(options?: CallOptions): Promise<{ apps: { id?: string; nameSlug?: string }[] }> }
}

export interface AppQuery {
  q?: string
  limit?: number
  after?: string
  sortKey?: 'name' | 'name_slug' | 'featured_weight'
  sortDirection?: 'asc' | 'desc'
}

export interface CallOptions {
  maxRetries?: number
}

export interface ProxyRequest {
  url: string
  externalUserId: string
  accountId: string
  params?: Record<string, string | string[]>
  headers?: Record<string, string>
}

export interface ProxyRequestWithBody extends ProxyRequest {
  body: Record<string, unknown>
}

/** What every call of these clients returns: a promise that can also give the answer's head. */
export interface WithRawResponse extends Promise<unknown> {
  withRawResponse(): Promise<{
    data: unknown
    rawResponse: { status: number; headers: { get(name: string): string | null } }
  }>
}

export interface Page<Item> extends AsyncIterable<Item> {
  hasNextPage(): boolean
}

export interface App {
  id?: string
  nameSlug: string
  name: string
}

export interface Account {
  id: string
  name?: string
  externalId?: string
  healthy?: boolean
  app?: App
  createdAt?: Date
  credentials?: object
}

export interface AccountQuery {
  externalUserId?: string
  app?: string
  includeCredentials?: boolean
  limit?: number
}

export interface NewAccount {
  externalUserId: string
  appSlug: string
  cfmapJson: string
  connectToken: string
  name?: string
}

export interface ConnectToken {
  token: string
  expiresAt: Date
  connectLinkUrl: string
}
