import type { buildConnector, Client as UndiciClient } from 'undici'
// Through undici's own door all of it would be loaded (fetch, WebSocket, caches, mocks): a tenth of a second of a start.
import connect from 'undici/lib/core/connect.js'
import client from 'undici/lib/dispatcher/client.js'

export type Client = UndiciClient
export const Client: typeof UndiciClient = client
export const makeConnector: typeof buildConnector = connect
