// Runs the tests named on the command line against the emulator at AWS_ENDPOINT_URL.
const endpoint = process.env.AWS_ENDPOINT_URL;
const options = { endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 };
const control = async (path, body) => {
  const answer = await fetch(`${endpoint}/_aforo/${path}`, { method: "POST", body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
};
for (const name of process.argv.slice(2)) {
  await (await import(`./${name}.mjs`)).default(options, control);
  console.log(`${name} passed`);
}
