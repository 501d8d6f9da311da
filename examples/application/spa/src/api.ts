/** The notes API, on the same origin. */

export interface Note {
  readonly id: string;
  readonly title: string;
  readonly body: string;
  readonly created_at: string;
}

export interface Page {
  readonly items: readonly Note[];
  readonly next: string | null;
}

export interface NewNote {
  readonly title: string;
  readonly body: string;
}

export class ApiError extends Error {
  constructor(readonly status: number, message: string, readonly fields: Readonly<Record<string, string>> = {}) {
    super(message);
  }
}

export function listNotes(after?: string | null): Promise<Page> {
  return request<Page>(after ? `?${new URLSearchParams({ after }).toString()}` : '');
}

export function getNote(id: string): Promise<Note> {
  return request<Note>(`/${encodeURIComponent(id)}`);
}

export function createNote(note: NewNote): Promise<Note> {
  return request<Note>('', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(note) });
}

export async function deleteNote(id: string): Promise<void> {
  try {
    await request<void>(`/${encodeURIComponent(id)}`, { method: 'DELETE' });
  } catch (error) {
    // somebody else was faster: the outcome is the one asked for
    if (!(error instanceof ApiError && error.status === 404)) {
      throw error;
    }
  }
}

async function request<Result>(path: string, init: RequestInit = {}): Promise<Result> {
  let response: Response;
  try {
    response = await fetch(`/api/notes${path}`, { ...init, headers: { Accept: 'application/json', ...init.headers } });
  } catch {
    throw new ApiError(0, 'The server cannot be reached. Check your connection and try again.');
  }
  if (response.status === 204) {
    return undefined as Result;
  }
  // the firewall and the load balancer answer in HTML when it is not the API that refuses
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok || body === undefined) {
    throw toError(response.status, body);
  }
  return body as Result;
}

function toError(status: number, body: unknown): ApiError {
  const error = (body as { error?: { fields?: Record<string, string> } } | undefined)?.error;
  if (status === 404) {
    return new ApiError(status, 'This note does not exist, or not any more.');
  }
  if (error?.fields) {
    return new ApiError(status, 'Please correct what is marked.', error.fields);
  }
  return new ApiError(status, `Something went wrong (${status}). Please try again in a moment.`);
}
