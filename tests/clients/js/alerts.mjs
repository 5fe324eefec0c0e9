// SNS and STS as the AWS SDK for JavaScript sees them; a subscriber of this process confirms and is told.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import {
  SNSClient, CreateTopicCommand, DeleteTopicCommand, GetTopicAttributesCommand, ListSubscriptionsByTopicCommand, ListTopicsCommand,
  PublishBatchCommand, PublishCommand, SubscribeCommand, UnsubscribeCommand, AddPermissionCommand,
} from "@aws-sdk/client-sns";
import { STSClient, GetCallerIdentityCommand, AssumeRoleCommand } from "@aws-sdk/client-sts";

export default async function (options) {
  const sts = new STSClient(options);
  assert.equal((await sts.send(new GetCallerIdentityCommand({}))).Account, "000000000000");
  const role = await sts.send(new AssumeRoleCommand({ RoleArn: "arn:aws:iam::000000000000:role/r", RoleSessionName: "night" }));
  assert.equal(role.AssumedRoleUser.Arn, "arn:aws:sts::000000000000:assumed-role/r/night");
  await assert.rejects(sts.send(new AssumeRoleCommand({ RoleArn: "arn:aws:iam::000000000000:role/r", RoleSessionName: "s" })), { name: "ValidationError" });
  sts.destroy();

  const inbox = [];
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    response.end();
    inbox.push(JSON.parse(text));
    server.emit("told");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const told = async () => { while (inbox.length === 0) await once(server, "told"); return inbox.shift(); };

  const sns = new SNSClient(options);
  const ask = (command) => sns.send(command);
  const { TopicArn } = await ask(new CreateTopicCommand({ Name: "js-alerts" }));
  assert.equal(TopicArn, "arn:aws:sns:us-east-1:000000000000:js-alerts");
  await ask(new SubscribeCommand({ TopicArn, Protocol: "http", Endpoint: `http://127.0.0.1:${server.address().port}/` }));
  const asked = await told();
  assert.equal(asked.Type, "SubscriptionConfirmation");
  assert.equal((await fetch(asked.SubscribeURL)).status, 200);
  const published = await ask(new PublishCommand({
    TopicArn, Subject: "late", Message: "the report is läte", MessageAttributes: { criticality: { DataType: "String", StringValue: "high" } },
  }));
  const note = await told();
  assert.deepEqual([note.Type, note.MessageId, note.Message, note.MessageAttributes.criticality.Value], ["Notification", published.MessageId, "the report is läte", "high"]);
  const batch = await ask(new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries: [{ Id: "a", Message: "one" }, { Id: "b", Message: "two" }] }));
  assert.deepEqual([batch.Successful.map((e) => e.Id), batch.Failed ?? []], [["a", "b"], []]);
  assert.deepEqual([(await told()).Message, (await told()).Message].sort(), ["one", "two"]);
  const spoilt = [{ Id: "a", Message: "one" }, { Id: "b", Message: "" }]; // none of them is published
  await assert.rejects(ask(new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries: spoilt })), { name: "InvalidParameterException" });
  assert.equal((await ask(new GetTopicAttributesCommand({ TopicArn }))).Attributes.SubscriptionsConfirmed, "1");
  const [{ SubscriptionArn }] = (await ask(new ListSubscriptionsByTopicCommand({ TopicArn }))).Subscriptions;
  await ask(new UnsubscribeCommand({ SubscriptionArn }));
  await assert.rejects(ask(new PublishCommand({ TopicArn: `${TopicArn}-not`, Message: "x" })), { name: "NotFoundException" });
  await assert.rejects(ask(new PublishCommand({ TopicArn, Message: "" })), { name: "InvalidParameterException" });
  await assert.rejects(ask(new AddPermissionCommand({ TopicArn, Label: "l", AWSAccountId: ["1"], ActionName: ["Publish"] })), { name: "InvalidParameterException", message: /PrincipalNotFound/ });
  await ask(new DeleteTopicCommand({ TopicArn }));
  assert.deepEqual((await ask(new ListTopicsCommand({}))).Topics ?? [], []);
  sns.destroy();
  server.close();
  server.closeAllConnections();
}
