#!/usr/bin/env bash
# The AWS CLI on Kinesis, SNS and STS: streams, records, iterators of every type, topics, and operations that are not built.
command -v aws >/dev/null || { echo "skipped: no aws"; exit 77; }
. "$(dirname "$0")/serving.sh"
serve "AWS CLI: kinesis, sns, sts" "$(aws --version | sed 's/^aws-cli.\([^ ]*\).*/\1/')"
aws() { command aws --endpoint-url "$url" "$@"; }

is "account" "000000000000" "$(aws sts get-caller-identity --query Account --output text)"

# --- streams ---
control clock '{"freeze": true}'
aws kinesis create-stream --stream-name events --shard-count 2
is "status" "CREATING" "$(aws kinesis describe-stream --stream-name events --query StreamDescription.StreamStatus --output text)"
control clock '{"advance": "1s"}'
is "status" "ACTIVE" "$(aws kinesis describe-stream-summary --stream-name events --query StreamDescriptionSummary.StreamStatus --output text)"
aws kinesis create-stream --stream-name more --stream-mode-details StreamMode=ON_DEMAND
control clock '{"advance": "1s"}'
aws kinesis wait stream-exists --stream-name more
is "streams" "events more" "$(aws kinesis list-streams --page-size 1 --query 'StreamNames[]' --output text | tr '\t\n' '  ' | sed 's/ *$//')"
is "shards of an on-demand stream" "4" "$(aws kinesis list-shards --stream-name more --query 'length(Shards)' --output text)"
is "shards in pages" "4" "$(aws kinesis describe-stream --stream-name more --page-size 1 --query 'StreamDescription.Shards[].ShardId' --output text | wc -w)"
is "two of the shards" "2" "$(aws kinesis list-shards --stream-name more --max-items 2 --output json | jq '.Shards | length')"
is "after the first two" "2" "$(aws kinesis list-shards --stream-name more --exclusive-start-shard-id shardId-000000000001 --query 'length(Shards)' --output text)"
arn=$(aws kinesis describe-stream-summary --stream-name events --query StreamDescriptionSummary.StreamARN --output text)
is "the ARN" "arn:aws:kinesis:us-east-1:000000000000:stream/events" "$arn"
aws kinesis increase-stream-retention-period --stream-name events --retention-period-hours 48
is "retention" "48" "$(aws kinesis describe-stream-summary --stream-name events --query StreamDescriptionSummary.RetentionPeriodHours --output text)"
is "limits" "2" "$(aws kinesis describe-limits --query OpenShardCount --output text)"

# --- records ---
numbers=()
shard=shardId-000000000000 # key a, by its MD5
for i in 0 1 2 3; do
  printf '%s' "record $i" >"$work/record"
  numbers+=("$(aws kinesis put-record --stream-name events --partition-key a --data "fileb://$work/record" --query SequenceNumber --output text)")
  control clock '{"advance": "10s"}'
done
from() { # words of get-shard-iterator: the data that is read from there
  local iterator
  iterator=$(aws kinesis get-shard-iterator --stream-name events --shard-id "$shard" --query ShardIterator --output text "$@")
  aws kinesis get-records --shard-iterator "$iterator" --query 'Records[].Data' --output text | tr '\t' '\n' | while read -r data; do
    [ "$data" = None ] || printf '%s' "$data" | base64 -d | tr -dc 0-9
  done
  control clock '{"advance": "1s"}'
}
is "from the horizon" "0123" "$(from --shard-iterator-type TRIM_HORIZON)"
is "from the tip" "" "$(from --shard-iterator-type LATEST)"
is "at a number" "23" "$(from --shard-iterator-type AT_SEQUENCE_NUMBER --starting-sequence-number "${numbers[2]}")"
is "after a number" "3" "$(from --shard-iterator-type AFTER_SEQUENCE_NUMBER --starting-sequence-number "${numbers[2]}")"
arrived=$(aws kinesis get-records --shard-iterator "$(aws kinesis get-shard-iterator --stream-name events --shard-id $shard \
  --shard-iterator-type AT_SEQUENCE_NUMBER --starting-sequence-number "${numbers[1]}" --query ShardIterator --output text)" \
  --limit 1 --query 'Records[0].ApproximateArrivalTimestamp' --output text)
is "at a time" "123" "$(from --shard-iterator-type AT_TIMESTAMP --timestamp "$arrived")"
is "put-records" "0" "$(aws kinesis put-records --stream-name events --query FailedRecordCount --output text \
  --records Data=b25l,PartitionKey=a Data=dHdv,PartitionKey=b,ExplicitHashKey=340282366920938463463374607431768211455)"
refused "(ExpiredIteratorException)" aws kinesis get-records --shard-iterator "$(
  aws kinesis get-shard-iterator --stream-name events --shard-id $shard --shard-iterator-type LATEST --query ShardIterator --output text
  control clock '{"advance": "301s"}')"

# --- settings ---
is "a commitment" "ENABLED" "$(aws kinesis update-account-settings --minimum-throughput-billing-commitment Status=ENABLED \
  --query MinimumThroughputBillingCommitment.Status --output text)"
is "warm throughput" "8" "$(aws kinesis update-stream-warm-throughput --stream-name more --warm-throughput-mi-bps 8 \
  --query WarmThroughput.TargetMiBps --output text)"
aws kinesis start-stream-encryption --stream-name events --encryption-type KMS --key-id alias/aws/kinesis
control clock '{"advance": "1s"}'
is "encrypted" "KMS" "$(aws kinesis put-record --stream-name events --partition-key k --data eA== --query EncryptionType --output text)"
is "scaled" "8" "$(aws kinesis describe-stream-summary --stream-name more --query StreamDescriptionSummary.OpenShardCount --output text)"

# --- what is refused ---
refused "(ResourceNotFoundException) when calling the DescribeStream operation: Stream nowhere under account 000000000000 not found." \
  aws kinesis describe-stream --stream-name nowhere
refused "(ResourceInUseException)" aws kinesis create-stream --stream-name events --shard-count 1
refused "(ValidationException)" aws kinesis create-stream --stream-name 'a/b' --shard-count 1
refused "(InvalidArgumentException) when calling the SplitShard operation: NewStartingHashKey 1 used in SplitShard()" \
  aws kinesis split-shard --stream-name events --shard-to-split $shard --new-starting-hash-key 1
refused "(ResourceNotFoundException) when calling the DescribeStreamConsumer operation: Consumer c" \
  aws kinesis describe-stream-consumer --stream-arn "$arn" --consumer-name c
refused 'The service "DynamoDB_20120810" (operation "ListTables") is not emulated' aws dynamodb list-tables
aws kinesis delete-stream --stream-name events
control clock '{"advance": "1s"}'
is "what is left" "more" "$(aws kinesis list-streams --query StreamNames --output text)"

# --- sns ---
topic=$(aws sns create-topic --name alerts --query TopicArn --output text)
is "topic" "arn:aws:sns:us-east-1:000000000000:alerts" "$topic"
is "subscribed" "pending confirmation" "$(aws sns subscribe --topic-arn "$topic" --protocol http --notification-endpoint http://127.0.0.1:1/alert --query SubscriptionArn --output text)"
is "subscriptions" "PendingConfirmation http://127.0.0.1:1/alert" "$(aws sns list-subscriptions-by-topic --topic-arn "$topic" --query 'Subscriptions[].[SubscriptionArn,Endpoint]' --output text | tr '\t' ' ')"
is "all subscriptions" "1" "$(aws sns list-subscriptions --query 'length(Subscriptions)' --output text)"
is "a message id" 36 "$(aws sns publish --topic-arn "$topic" --subject high --message 'high water' --query MessageId --output text | tr -d '\n' | wc -c)"
is "attributes" "36" "$(aws sns publish --topic-arn "$topic" --message x --query MessageId --output text \
  --message-attributes '{"criticality": {"DataType": "String", "StringValue": "high"}}' | tr -d '\n' | wc -c)"
is "topics" "$topic" "$(aws sns list-topics --query 'Topics[].TopicArn' --output text)"
aws sns set-topic-attributes --topic-arn "$topic" --attribute-name DisplayName --attribute-value Alerts
is "its name" "Alerts" "$(aws sns get-topic-attributes --topic-arn "$topic" --query Attributes.DisplayName --output text)"
refused "(NotFound) when calling the Publish operation: Topic does not exist" aws sns publish --topic-arn "$topic-not" --message x
refused "(NotImplemented) when calling the GetDataProtectionPolicy operation" aws sns get-data-protection-policy --resource-arn a
refused "(InvalidParameter)" aws sns create-topic --name 'a b'
aws sns delete-topic --topic-arn "$topic"
is "no topics" "None" "$(aws sns list-topics --query 'Topics[0].TopicArn' --output text)"
passed
