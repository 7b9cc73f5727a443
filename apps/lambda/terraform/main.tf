# The same as ../template.yaml: the proxy behind a streaming Function URL, with its credentials in Secrets Manager.

terraform {
  required_version = ">= 1.6"
  required_providers {
    archive = { source = "hashicorp/archive", version = "~> 2.4" }
    aws     = { source = "hashicorp/aws", version = ">= 6.30" }
  }
}

variable "name" {
  type        = string
  default     = "api-proxy"
  description = "Of the function, and the start of other names."
}

variable "public_url" {
  type        = string
  default     = "https://proxy.invalid"
  description = "Where callers reach the function, also the issuer of its tokens. Known after the first run."
}

variable "config_parameter" {
  type        = string
  default     = "/api-proxy/config"
  description = "The parameter of Systems Manager that holds the configuration, in YAML."
}

variable "variables_secret" {
  type        = string
  default     = "api-proxy/variables"
  description = "The secret with a JSON object of the variables that the configuration refers to."
}

variable "credentials_prefix" {
  type        = string
  default     = "api-proxy/accounts/"
  description = "What the names of secrets with credentials of accounts begin with."
}

variable "alarm_topic_arns" {
  type    = list(string)
  default = []
}

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account = data.aws_caller_identity.current.account_id
  region  = data.aws_region.current.region
  arn     = "arn:${data.aws_partition.current.partition}"
  secrets = "${local.arn}:secretsmanager:${local.region}:${local.account}:secret"
  logs    = "${local.arn}:logs:${local.region}:${local.account}:log-group:/aws/lambda/${var.name}"
}

data "archive_file" "bundle" {
  type        = "zip"
  source_dir  = "${path.module}/../dist"
  output_path = "${path.module}/bundle.zip"
}

resource "aws_kms_key" "proxy" {
  description         = "Encrypts the proxy's logs, its environment and the secrets that it makes."
  enable_key_rotation = true
  policy              = data.aws_iam_policy_document.key.json
}

data "aws_iam_policy_document" "key" {
  statement {
    sid       = "Administration"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["${local.arn}:iam::${local.account}:root"]
    }
  }
  statement {
    sid       = "Logs"
    actions   = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
    resources = ["*"]
    principals {
      type        = "Service"
      identifiers = ["logs.${local.region}.amazonaws.com"]
    }
    condition {
      test     = "ArnEquals"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values   = [local.logs]
    }
  }
}

resource "aws_cloudwatch_log_group" "proxy" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = 30
  kms_key_id        = aws_kms_key.proxy.arn
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "least" {
  statement {
    sid       = "Logs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${local.logs}:*"]
  }
  statement {
    sid       = "Configuration"
    actions   = ["ssm:GetParameter"]
    resources = ["${local.arn}:ssm:${local.region}:${local.account}:parameter${var.config_parameter}"]
  }
  statement {
    sid       = "Variables"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = ["${local.secrets}:${var.variables_secret}-??????"]
  }
  statement {
    sid = "Credentials"
    actions = [
      "secretsmanager:CreateSecret",
      "secretsmanager:DeleteSecret",
      "secretsmanager:DescribeSecret",
      "secretsmanager:GetSecretValue",
      "secretsmanager:PutSecretValue",
      "secretsmanager:TagResource",
      "secretsmanager:UpdateSecretVersionStage",
    ]
    resources = ["${local.secrets}:${var.credentials_prefix}*"]
  }
  # Knows no resources; each secret in its answer needs GetSecretValue besides.
  statement {
    sid       = "Lists"
    actions   = ["secretsmanager:BatchGetSecretValue"]
    resources = ["*"]
  }
  statement {
    sid       = "Key"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [aws_kms_key.proxy.arn]
  }
}

resource "aws_iam_role" "proxy" {
  name               = var.name
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "least" {
  role   = aws_iam_role.proxy.id
  policy = data.aws_iam_policy_document.least.json
}

resource "aws_lambda_function" "proxy" {
  function_name                  = var.name
  role                           = aws_iam_role.proxy.arn
  filename                       = data.archive_file.bundle.output_path
  source_code_hash               = data.archive_file.bundle.output_base64sha256
  handler                        = "index.streamingHandler"
  runtime                        = "nodejs24.x"
  architectures                  = ["arm64"]
  memory_size                    = 512
  timeout                        = 60
  reserved_concurrent_executions = 50
  kms_key_arn                    = aws_kms_key.proxy.arn

  environment {
    variables = {
      PROXY_CONFIG_PARAMETER   = var.config_parameter
      PROXY_VARIABLES_SECRET   = var.variables_secret
      PROXY_PUBLIC_URL         = var.public_url
      PROXY_CREDENTIALS_PREFIX = var.credentials_prefix
      PROXY_KMS_KEY            = aws_kms_key.proxy.arn
    }
  }

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.proxy.name
  }
}

# Callers prove themselves to the proxy, as they do to the server; nothing that AWS says of them counts.
resource "aws_lambda_function_url" "proxy" {
  function_name      = aws_lambda_function.proxy.function_name
  authorization_type = "NONE"
  invoke_mode        = "RESPONSE_STREAM"
}

# The permission for the URL itself comes with AuthType NONE; this one is for the invocation behind it.
resource "aws_lambda_permission" "invoke_by_url" {
  function_name            = aws_lambda_function.proxy.function_name
  action                   = "lambda:InvokeFunction"
  principal                = "*"
  invoked_via_function_url = true
}

resource "aws_cloudwatch_metric_alarm" "function" {
  for_each            = toset(["Errors", "Throttles"])
  alarm_name          = "${var.name}-${each.key}"
  namespace           = "AWS/Lambda"
  metric_name         = each.key
  dimensions          = { FunctionName = aws_lambda_function.proxy.function_name }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  threshold           = 5
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arns
}

resource "aws_cloudwatch_metric_alarm" "proxy" {
  for_each            = toset(["Faults", "FailedRefreshes"])
  alarm_name          = "${var.name}-${each.key}"
  namespace           = "ApiProxy"
  metric_name         = each.key
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  threshold           = 5
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arns
}

output "url" {
  description = "Where callers reach the function."
  value       = aws_lambda_function_url.proxy.function_url
}
