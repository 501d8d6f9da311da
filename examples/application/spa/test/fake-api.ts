import { vi } from 'vitest';
import type { NewNote, Note } from '../src/api';

/** An API in memory behind `fetch`, with the answers of the real one. */
export class FakeApi {
  readonly notes: Note[] = [];
  readonly requests: string[] = [];
  pageSize = 20;
  config: () => Response = () => Response.json({ environment: 'staging' });
  release: () => Response = () => Response.json({ environment: 'staging', release: '1.2.3' });
  private readonly failures: (() => Response | Promise<Response>)[] = [];

  constructor() {
    vi.stubGlobal('fetch', (path: string, init?: RequestInit) => this.answer(path, init));
  }

  add(title: string, body = ''): Note {
    const note = { id: crypto.randomUUID(), title, body, created_at: '2026-11-23T10:00:00+00:00' };
    this.notes.unshift(note);
    return note;
  }

  /** The next request to the API meets this instead. */
  failNext(failure: () => Response | Promise<Response>): void {
    this.failures.push(failure);
  }

  private async answer(path: string, init: RequestInit = {}): Promise<Response> {
    if (path === '/runtime-config.json') {
      return this.config();
    }
    if (path === '/release.json') {
      return this.release();
    }
    const method = init.method ?? 'GET';
    const { pathname, searchParams } = new URL(path, location.origin);
    this.requests.push(`${method} ${pathname}`);
    const failure = this.failures.shift();
    if (failure) {
      return failure();
    }
    const id = /^\/api\/notes\/(.+)$/.exec(pathname)?.[1];
    if (id !== undefined) {
      const index = this.notes.findIndex(note => note.id === id);
      if (index < 0) {
        return Response.json({ error: { code: 'not_found', message: 'no such note' } }, { status: 404 });
      }
      if (method === 'DELETE') {
        this.notes.splice(index, 1);
        return new Response(null, { status: 204 });
      }
      return Response.json(this.notes[index]);
    }
    if (method === 'POST') {
      const { title, body } = JSON.parse(init.body as string) as NewNote;
      return Response.json(this.add(title, body), { status: 201 });
    }
    const start = Number(searchParams.get('after') ?? 0);
    const end = start + this.pageSize;
    return Response.json({ items: this.notes.slice(start, end), next: end < this.notes.length ? String(end) : null });
  }
}
