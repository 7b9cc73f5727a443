import { SecretsManagerClient, type SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager'

/**
 * A client that leaves trying again to the storage, which bounds it by time. Region, credentials and endpoint come from
 * where the AWS SDK finds them, unless `config` has them.
 */
export function secretsManagerClient(config: SecretsManagerClientConfig = {}): SecretsManagerClient {
  return new SecretsManagerClient({
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 1_000, throwOnRequestTimeout: true },
    ...config,
  })
}
