export { oauthAuthorization } from './authorize.js'
export { type OAuthExchangeOptions, oauthExchange } from './oauth-exchange.js'
