import { z } from 'zod'

/** Where an AWS service is, in place of where the AWS SDK finds it. */
export const awsRegion = z
  .string()
  .regex(/^[a-z]{2}(?:-[a-z]+)+-\d+$/, { error: 'must be a region such as eu-west-1' })
  .describe('default: where the AWS SDK finds it, such as AWS_REGION')

export const awsEndpoint = z
  .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
  .describe('in place of the one of the region, such as of a VPC endpoint')
