import type { Adapter, AdapterPayload } from "oidc-provider";

/** What the provider knows, in memory; one `Storage` a provider, so that two tests share nothing. */
export class Storage {
  readonly #models = new Map<string, Map<string, AdapterPayload>>();

  of(model: string): Map<string, AdapterPayload> {
    const rows = this.#models.get(model) ?? new Map<string, AdapterPayload>();
    this.#models.set(model, rows);
    return rows;
  }

  /** The rows of one kind as `oidc-provider` wants them: it checks the expiry itself. */
  adapter(model: string): Adapter {
    const rows = this.of(model);
    const find = (wanted: (row: AdapterPayload) => boolean) => [...rows.values()].find(wanted);
    return {
      upsert: async (id, payload) => void rows.set(id, payload),
      find: async (id) => rows.get(id),
      findByUserCode: async (code) => find(({ userCode }) => userCode === code),
      findByUid: async (wanted) => find(({ uid }) => uid === wanted),
      consume: async (id) => {
        const row = rows.get(id);
        if (row !== undefined) row.consumed = Math.floor(Date.now() / 1000);
      },
      destroy: async (id) => void rows.delete(id),
      revokeByGrantId: async (grantId) => {
        for (const [id, row] of rows) if (row.grantId === grantId) rows.delete(id);
      },
    };
  }
}
