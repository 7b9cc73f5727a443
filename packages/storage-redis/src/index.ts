export type { RedisClient } from './redis-client.js'
export { RedisFault } from './redis-fault.js'
export { type RedisRateLimiter, type RedisRateLimiterOptions, redisRateLimiter } from './redis-rate-limiter.js'
