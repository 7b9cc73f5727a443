export { type OAuthExchangeOptions, oauthExchange } from './oauth-exchange.js'
