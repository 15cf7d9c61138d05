import { checkServerIdentity, type PeerCertificate } from "node:tls";
import { Agent, request } from "undici";

/** Where the browser really goes for an origin, and whom it believes there. */
export interface Origin {
  readonly port: number;
  /** PEM authorities. */
  readonly ca: string;
}

export interface Visited {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** Where it was, absolute. */
  readonly address: string;
  /** Where a redirect leads, absolute. */
  readonly location: string | undefined;
}

interface Ask {
  readonly form?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A browser that keeps cookies and follows redirects when it is told to; names of hosts lead to this machine. */
export class Browser {
  readonly cookies = new Map<string, Map<string, string>>();
  readonly #origins: Readonly<Record<string, Origin>>;
  readonly #agents = new Map<string, Agent>();

  /** @param origins By origin, `https://host[:port]`. */
  constructor(origins: Readonly<Record<string, Origin>>) {
    this.#origins = origins;
  }

  /** Asks for one address, with the cookies of its host, and follows nothing. */
  async visit(address: string, { form, headers = {} }: Ask = {}): Promise<Visited> {
    const url = new URL(address);
    const origin = this.#origins[url.origin];
    if (origin === undefined) throw new Error(`the browser knows no way to ${url.origin}`);
    const jar = this.cookies.get(url.host) ?? new Map<string, string>();
    this.cookies.set(url.host, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await request(`https://127.0.0.1:${origin.port}${url.pathname}${url.search}`, {
      method: form === undefined ? "GET" : "POST",
      body: form === undefined ? null : new URLSearchParams(form).toString(),
      dispatcher: this.#agent(url.origin, origin),
      headers: {
        host: url.host,
        ...(cookie !== "" && { cookie }),
        ...(form !== undefined && { "content-type": "application/x-www-form-urlencoded" }),
        ...headers,
      },
    });
    for (const line of [answer.headers["set-cookie"] ?? []].flat()) {
      const [pair = ""] = line.split(";");
      const [name = "", value = ""] = pair.split(/=(.*)/s);
      if (value === "" || /max-age=0/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    const { location } = answer.headers;
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text: await answer.body.text(),
      address,
      location: location === undefined ? undefined : new URL(String(location), address).href,
    };
  }

  /** Goes on as long as it is sent elsewhere, to a page or to an origin that is not reached from here. */
  async follow(address: string, ask: Ask = {}): Promise<Visited> {
    let visited = await this.visit(address, ask);
    for (let hops = 0; visited.location !== undefined && hops < 10; hops++) {
      if (this.#origins[new URL(visited.location).origin] === undefined) break;
      visited = await this.visit(visited.location);
    }
    return visited;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.destroy()));
  }

  #agent(name: string, { ca }: Origin): Agent {
    const agent = this.#agents.get(name) ?? new Agent({ connect: { ca, checkServerIdentity: isThisMachine } });
    this.#agents.set(name, agent);
    return agent;
  }
}

/** Whatever name an origin has, its certificate is one of this machine. */
function isThisMachine(_host: string, certificate: PeerCertificate) {
  return checkServerIdentity("localhost", certificate);
}
