// Everything in one Map. The adapter that comes with the package forgets all but the last thousand entries, which is less than a run uses.
export function createMemoryAdapter() {
  const entries = new Map();
  const uids = new Map();
  const grants = new Map();

  return class MemoryAdapter {
    constructor(model) {
      this.model = model;
    }

    async upsert(id, payload, expiresIn) {
      const key = `${this.model}:${id}`;
      entries.set(key, { payload, expiresAt: expiresIn ? Date.now() + expiresIn * 1000 : Infinity });
      if (payload.uid) uids.set(`${this.model}:${payload.uid}`, id);
      if (payload.grantId) {
        const members = grants.get(payload.grantId) ?? [];
        members.push(key);
        grants.set(payload.grantId, members);
      }
    }

    async find(id) {
      const key = `${this.model}:${id}`;
      const entry = entries.get(key);
      if (entry && entry.expiresAt <= Date.now()) {
        entries.delete(key);
        return undefined;
      }
      return entry?.payload;
    }

    async findByUid(uid) {
      return this.find(uids.get(`${this.model}:${uid}`));
    }

    async findByUserCode() {
      return undefined;
    }

    async consume(id) {
      entries.get(`${this.model}:${id}`).payload.consumed = Math.floor(Date.now() / 1000);
    }

    async destroy(id) {
      entries.delete(`${this.model}:${id}`);
    }

    async revokeByGrantId(grantId) {
      for (const key of grants.get(grantId) ?? []) entries.delete(key);
      grants.delete(grantId);
    }
  };
}
