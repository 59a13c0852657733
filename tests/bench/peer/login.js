export const loginPage = (action) => `<!doctype html><title>Sign in</title>
<form method="post" action="${action}">
<input name="username"><input name="password" type="password"><button>Sign in</button>
</form>`;

export async function readForm(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
}
