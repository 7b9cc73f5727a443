export type { Account, CredentialValues, Environment, Scope } from './account.js'
export { accountToRecord, RecordError, recordKeyId, recordToAccount } from './account-record.js'
export type { AccountFault } from './account-values.js'
export { accountFaults } from './account-values.js'
export type { App, AppBase, AppRegistry, AppSummary, DefaultHeader, ListedApp } from './app.js'
export { AppFault } from './app.js'
export type {
  AppDefinition,
  AuthEntry,
  ConnectSettings,
  CustomField,
  LimitRule,
  OAuthSettings,
  RetryRules,
} from './app-definition.js'
export type { AppRegistryOptions, DefinitionFault } from './app-registry.js'
export { AppDefinitionError, compileApp, createAppRegistry } from './app-registry.js'
export type { AwsKeys, AwsRequest, AwsScope } from './auth/aws-signature.js'
export { signAwsRequest } from './auth/aws-signature.js'
export { strategies as authStrategies } from './auth/index.js'
export type { AuthenticatorOptions, RevokingAuthenticator, StaticKey } from './authenticator.js'
export { createAuthenticator, keyDigest } from './authenticator.js'
export { Cancellation } from './cancellation.js'
export type { Framing, HeadLimits, RequestHead } from './check-request.js'
export { checkRequest, defaultHeadLimits } from './check-request.js'
export { customFieldFault } from './custom-fields.js'
export type { ErrorCode, ProxyErrorOptions } from './errors.js'
export { errorStatus, ProxyError, toProxyError } from './errors.js'
export { ExchangeFailure } from './exchange-failure.js'
export { ExchangeRefusal } from './exchange-refusal.js'
export { freezeAccount, freezeStrings } from './freeze-account.js'
export { connectionListed, findHeader, hopByHopHeaders, isHeaderName, isHeaderValue } from './headers.js'
export { readHttpDate } from './http-date.js'
export { epochMsOf, isoTimeOf } from './iso-time.js'
export type { KeyRing, SealingKey } from './key-ring.js'
export { createKeyRing, KeyFault } from './key-ring.js'
export { limitKey } from './keys.js'
export { oauthClientDocumentId, oauthClientKind, oauthClientSealContext } from './oauth-client-document.js'
export { freezeDeep, ownJson } from './own-json.js'
export type { AppNames, NamedApp } from './ports/app-names.js'
export type {
  AuthStrategy,
  Injection,
  PrepareContext,
  PreparedAuth,
  RequestDescription,
  Unwrap,
} from './ports/auth-strategy.js'
export type { Authenticator, Caller, TokenVerifier, VerifiedCaller } from './ports/authenticator.js'
export type { Authorization, AuthorizationRequest, AuthorizationSettings } from './ports/authorization.js'
export type { Clock, Timer } from './ports/clock.js'
export type { CustomLimit, CustomLimits } from './ports/custom-limits.js'
export type {
  AccountSelector,
  Dialect,
  ErrorAnswer,
  ProxyCall,
  RetryWish,
  RouteCall,
  RouteContext,
} from './ports/dialect.js'
export type { IncomingCall, OpenAnswer, ResponseHead } from './ports/exchange.js'
export type { AttemptEvent, CallEvent, Hook, PartEvent, ProxyEvent, RefreshEvent } from './ports/hooks.js'
export type { Lease, LeaseStore } from './ports/lease.js'
export type { Bucket, Decision, RateLimiter } from './ports/rate-limiter.js'
export type {
  AnswerPlace,
  AssertionKey,
  AssumeRoleSettings,
  ClientCredentialsSettings,
  JsonTemplate,
  JwtBearerSettings,
  NamedTemplate,
  RefreshTokenSettings,
  Renewal,
  SessionBody,
  SessionSettings,
  SigningAlgorithm,
  TokenAnswer,
  UrlTemplate,
} from './ports/renewal.js'
export type {
  AccountDirectory,
  AccountQuery,
  AccountReader,
  AccountWriter,
  DocumentStore,
  DocumentWrite,
  FreshAccountReader,
  Page,
  SealedAccount,
  SealedAccounts,
  Storage,
  StoredDocument,
  UserQuery,
} from './ports/storage.js'
export type { TokenExchange, TokenSet } from './ports/token-exchange.js'
export type {
  ClientIdentity,
  RequestBody,
  SendFailure,
  Transport,
  UpstreamLimits,
  UpstreamRequest,
  UpstreamResponse,
} from './ports/transport.js'
export type { ApiProxy, ProxyOptions } from './proxy.js'
export { createProxy } from './proxy.js'
export type { ProxyLimits, RenewalParts } from './proxy-parts.js'
export { isPublicSuffix } from './public-suffixes.js'
export type { Refresher, RefresherOptions } from './refresher.js'
export { createRefresher } from './refresher.js'
export { describeRefusal, type Refusal } from './refusal.js'
export { hasScope, requireOrigin, requireScope } from './scopes.js'
export type { Sealer } from './sealing.js'
export { createSealer, SealError } from './sealing.js'
export { Secret } from './secret.js'
export { type SignedWebhook, type SignedWebhookOptions, signedWebhook } from './signed-webhook.js'
export type { CachedOptions, ChangedRecord } from './storage/cached.js'
export { cached } from './storage/cached.js'
export type { ReadCache } from './storage/read-cache.js'
export { createReadCache } from './storage/read-cache.js'
export { systemClock } from './system-clock.js'
export type { Target } from './target.js'
export { isFullUrl, parseTarget } from './target.js'
export type { Template } from './template.js'
export type { Moment } from './template-functions.js'
export { nextRefreshAt } from './token-life.js'
export type { AllowPrivate } from './transport/allow-private.js'
export { compileAllowPrivate } from './transport/allow-private.js'
export type { UndiciTransportOptions } from './transport/undici.js'
export { undiciTransport } from './transport/undici.js'
export type { UpstreamCall } from './upstream-call.js'
export { UpstreamError } from './upstream-error.js'
export { type WebhookDelivery, webhookHeaders } from './webhook-headers.js'
