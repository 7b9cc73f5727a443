import * as sdk20 from 'pipedream-sdk-2-0'
import * as sdk25 from 'pipedream-sdk-2-5'
import * as sdk3 from 'pipedream-sdk-3'
import { project, secrets } from '../world/configuration.js'
import type { Client } from './client.js'

/** What a user gives a client. */
export interface ClientSettings {
  readonly url: string
  readonly environment?: 'development' | 'production'
  readonly project?: string
  readonly clientId?: string
  readonly clientSecret?: string
  /** A static key, instead of the id and the secret of a client. */
  readonly key?: string
}

/** One generation of the official client, and where it differs from the others. */
export interface Version {
  readonly name: string
  connect(settings: ClientSettings): Client
  readonly PipedreamError: ErrorClass
  readonly TooManyRequestsError: ErrorClass
  /** 2.0 throws the general error, with status 429, when a proxied call is throttled. */
  readonly throttledProxyCall: ErrorClass
  /** 2.0 reads every answer as text. */
  readonly readsBinary: boolean
}

type ErrorClass = abstract new (...parameters: never[]) => Error

export const version3: Version = {
  name: '3.1.6',
  connect: (settings) => new sdk3.PipedreamClient({ baseUrl: settings.url, ...identity(settings) }),
  PipedreamError: sdk3.PipedreamError,
  TooManyRequestsError: sdk3.TooManyRequestsError,
  throttledProxyCall: sdk3.TooManyRequestsError,
  readsBinary: true,
}

const version25: Version = {
  name: '2.5.0',
  connect: (settings) => new sdk25.PipedreamClient({ baseUrl: settings.url, ...identity(settings) }),
  PipedreamError: sdk25.PipedreamError,
  TooManyRequestsError: sdk25.TooManyRequestsError,
  throttledProxyCall: sdk25.TooManyRequestsError,
  readsBinary: true,
}

const version20: Version = {
  name: '2.0.9',
  // Its type names the vendor's own hosts only; a URL is what it makes of any of them.
  connect: (settings) =>
    new sdk20.PipedreamClient({ environment: settings.url as sdk20.PipedreamEnvironment, ...identity(settings) }),
  PipedreamError: sdk20.PipedreamError,
  TooManyRequestsError: sdk20.TooManyRequestsError,
  throttledProxyCall: sdk20.PipedreamError,
  readsBinary: false,
}

export const versions: readonly Version[] = [version3, version25, version20]

function identity(settings: ClientSettings) {
  const where = {
    projectId: settings.project ?? project,
    projectEnvironment: settings.environment ?? ('development' as const),
  }
  const { key } = settings
  if (key !== undefined) return { ...where, tokenProvider: { getToken: () => Promise.resolve(key) } }
  return {
    ...where,
    clientId: settings.clientId ?? 'main',
    clientSecret: settings.clientSecret ?? secrets.mainClient,
  }
}
