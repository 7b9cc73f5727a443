export { type TokenFetch, transportFetch } from './transport-fetch.js'
