import { KMSClient, type KMSClientConfig } from '@aws-sdk/client-kms'

/**
 * A client that tries four times, with growing random pauses. Region, credentials and endpoint come from where the AWS SDK
 * finds them, unless `config` has them.
 */
export function kmsClient(config: KMSClientConfig = {}): KMSClient {
  return new KMSClient({
    maxAttempts: 4,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 1_000, throwOnRequestTimeout: true },
    ...config,
  })
}
