#!/usr/bin/env bash
# The AWS SDK for Ruby, version 3: S3 and STS. From Debian.
command -v ruby >/dev/null && ruby -e 'require "aws-sdk-s3"' 2>/dev/null || { echo "skipped: no ruby, or no aws-sdk-s3"; exit 77; }
. "$(dirname "$0")/serving.sh"
serve "AWS SDK for Ruby" "$(ruby -e 'require "aws-sdk-s3"; print Aws::S3::GEM_VERSION')"
cat >"$work/client.rb" <<'RUBY'
require "aws-sdk-s3"
require "net/http"
$checks = 0
def is(what, want, got)
  $checks += 1
  abort "#{what}\nexpected: #{want.inspect}\ngot:      #{got.inspect}" unless want == got
end
def refused(error)
  yield
  abort "not refused: #{error}"
rescue error
  $checks += 1
end
s3 = Aws::S3::Client.new(endpoint: ENV["AWS_ENDPOINT_URL"], force_path_style: true, retry_limit: 0)
s3.create_bucket(bucket: "ruby")
s3.put_object(bucket: "ruby", key: "a/ü +.txt", body: "text", metadata: { "origin" => "gauge" }, content_type: "text/x-log")
got = s3.get_object(bucket: "ruby", key: "a/ü +.txt")
is "an object", ["text", { "origin" => "gauge" }, "text/x-log"], [got.body.read, got.metadata, got.content_type]
data = Random.bytes(12 << 20)
object = Aws::S3::Resource.new(client: s3).bucket("ruby").object("large")
File.binwrite("#{ARGV[0]}/large", data)
object.upload_file("#{ARGV[0]}/large", multipart_threshold: 5 << 20)
is "in parts", [true, true], [object.get.body.read.b == data, object.etag.match?(/-\d+"$/)]
object.upload_stream(part_size: 5 << 20) { |out| out.binmode; out << data }
is "from a stream", true, object.get.body.read.b == data
is "a range", data[100, 50], object.get(range: "bytes=100-149").body.read.b
object.copy_to(bucket: "ruby", key: "copy")
is "pages", ["a/ü +.txt", "copy", "large"], s3.list_objects_v2(bucket: "ruby", max_keys: 2).flat_map { |page| page.contents.map(&:key) }
is "a signed URL", "text", Net::HTTP.get(URI(Aws::S3::Object.new("ruby", "a/ü +.txt", client: s3).presigned_url(:get))).force_encoding("UTF-8")
s3.put_object_tagging(bucket: "ruby", key: "copy", tagging: { tag_set: [{ key: "team", value: "gauge" }] })
is "tags", [["team", "gauge"]], s3.get_object_tagging(bucket: "ruby", key: "copy").tag_set.map { |t| [t.key, t.value] }
refused(Aws::S3::Errors::NoSuchKey) { s3.get_object(bucket: "ruby", key: "none") }
refused(Aws::S3::Errors::NotFound) { s3.head_object(bucket: "ruby", key: "none") }
refused(Aws::S3::Errors::BucketNotEmpty) { s3.delete_bucket(bucket: "ruby") }
Aws::S3::Resource.new(client: s3).bucket("ruby").delete!
sts = Aws::STS::Client.new(endpoint: ENV["AWS_ENDPOINT_URL"], retry_limit: 0)
is "who asks", "000000000000", sts.get_caller_identity.account
puts $checks
RUBY
checks=$(timeout 120 ruby "$work/client.rb" "$work")
passed
