// The usual kind of adapter: one table, the payload as jsonb, one statement per call.
import pg from 'pg';

const schema = `
  CREATE TABLE IF NOT EXISTS oidc_payloads (
    id text NOT NULL,
    type text NOT NULL,
    payload jsonb NOT NULL,
    grant_id text,
    user_code text,
    uid text,
    expires_at timestamptz,
    consumed_at timestamptz,
    PRIMARY KEY (id, type));
  CREATE INDEX IF NOT EXISTS oidc_payloads_grant_id ON oidc_payloads (grant_id);
  CREATE INDEX IF NOT EXISTS oidc_payloads_uid ON oidc_payloads (uid);
  CREATE INDEX IF NOT EXISTS oidc_payloads_user_code ON oidc_payloads (user_code);`;

const live = 'AND (expires_at IS NULL OR expires_at > now())';

// Named statements are prepared once per connection.
const statements = {
  upsert: `INSERT INTO oidc_payloads (id, type, payload, grant_id, user_code, uid, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7))
    ON CONFLICT (id, type) DO UPDATE SET payload = excluded.payload, grant_id = excluded.grant_id, user_code = excluded.user_code,
      uid = excluded.uid, expires_at = excluded.expires_at`,
  find: `SELECT payload, consumed_at FROM oidc_payloads WHERE id = $1 AND type = $2 ${live}`,
  findByUid: `SELECT payload, consumed_at FROM oidc_payloads WHERE uid = $1 AND type = $2 ${live}`,
  findByUserCode: `SELECT payload, consumed_at FROM oidc_payloads WHERE user_code = $1 AND type = $2 ${live}`,
  consume: 'UPDATE oidc_payloads SET consumed_at = now() WHERE id = $1 AND type = $2',
  destroy: 'DELETE FROM oidc_payloads WHERE id = $1 AND type = $2',
  revoke: 'DELETE FROM oidc_payloads WHERE grant_id = $1',
};

export async function createPostgresAdapter({ host, port, user, database, connections }) {
  const pool = new pg.Pool({ host, port, user, database, max: connections });
  await pool.query(schema);
  const run = (name, ...values) => pool.query({ name, text: statements[name], values });

  const payloadOf = ({ rows: [row] }) => row && {
    ...row.payload,
    ...(row.consumed_at && { consumed: Math.floor(row.consumed_at.getTime() / 1000) }),
  };

  return class PostgresAdapter {
    constructor(model) {
      this.model = model;
    }

    async upsert(id, payload, expiresIn) {
      await run('upsert', id, this.model, payload, payload.grantId ?? null, payload.userCode ?? null, payload.uid ?? null, expiresIn ?? null);
    }

    async find(id) {
      return payloadOf(await run('find', id, this.model));
    }

    async findByUid(uid) {
      return payloadOf(await run('findByUid', uid, this.model));
    }

    async findByUserCode(userCode) {
      return payloadOf(await run('findByUserCode', userCode, this.model));
    }

    async consume(id) {
      await run('consume', id, this.model);
    }

    async destroy(id) {
      await run('destroy', id, this.model);
    }

    async revokeByGrantId(grantId) {
      await run('revoke', grantId);
    }
  };
}
