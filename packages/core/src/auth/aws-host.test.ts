import { describe, expect, it } from 'vitest'
import { awsScopeOf } from './aws-host.js'

describe('the region and service of an AWS host', () => {
  it.each([
    ['s3.amazonaws.com', 's3', 'us-east-1'],
    ['bucket.s3.amazonaws.com', 's3', 'us-east-1'],
    ['my.bucket.s3.eu-west-1.amazonaws.com', 's3', 'eu-west-1'],
    ['bucket.s3.dualstack.eu-west-1.amazonaws.com', 's3', 'eu-west-1'],
    ['s3-us-west-2.amazonaws.com', 's3', 'us-west-2'],
    ['bucket.s3-fips.us-gov-west-1.amazonaws.com', 's3', 'us-gov-west-1'],
    ['point-123.s3-accesspoint.us-east-2.amazonaws.com', 's3', 'us-east-2'],
    ['bucket.s3-accelerate.amazonaws.com', 's3', 'us-east-1'],
    ['s3.cn-north-1.amazonaws.com.cn', 's3', 'cn-north-1'],
    ['abc.execute-api.eu-central-1.amazonaws.com', 'execute-api', 'eu-central-1'],
    ['abc.lambda-url.us-east-1.on.aws', 'lambda', 'us-east-1'],
    ['lambda.us-east-1.api.aws', 'lambda', 'us-east-1'],
    ['sts.amazonaws.com', 'sts', 'us-east-1'],
    ['sts.eu-west-1.amazonaws.com', 'sts', 'eu-west-1'],
    ['iam.amazonaws.com', 'iam', 'us-east-1'],
    ['dynamodb.ap-southeast-2.amazonaws.com', 'dynamodb', 'ap-southeast-2'],
    ['streams.dynamodb.us-east-1.amazonaws.com', 'dynamodb', 'us-east-1'],
    ['email.us-west-2.amazonaws.com', 'ses', 'us-west-2'],
    ['us-west-2.queue.amazonaws.com', 'sqs', 'us-west-2'],
    ['search-logs-abc.us-east-1.es.amazonaws.com', 'es', 'us-east-1'],
    ['abc.us-east-1.aoss.amazonaws.com', 'aoss', 'us-east-1'],
    ['bedrock-runtime.us-east-1.amazonaws.com', 'bedrock', 'us-east-1'],
    ['iot.us-east-1.amazonaws.com', 'iot', 'us-east-1'],
    ['abc-ats.iot.us-east-1.amazonaws.com', 'iotdata', 'us-east-1'],
  ])('%s is %s in %s', (host, service, region) => {
    expect(awsScopeOf(host)).toEqual({ service, region })
  })

  it.each(['minio.example.com', 'amazonaws.com', 's3.amazonaws.com.example.com', 'eu-west-1.amazonaws.com'])(
    '%s is not known',
    (host) => {
      expect(awsScopeOf(host)).toBeUndefined()
    },
  )
})
