import { useId, useRef, useState } from 'react';
import type { SubmitEvent } from 'react';
import { ApiError, createNote } from './api';
import type { Note } from './api';
import { Failure, messageOf } from './failure';

export function NoteForm({ onCreated }: { readonly onCreated: (note: Note) => void }) {
  const [title, setTitle] = useState('');
  const [body, setBody] = useState('');
  const [saving, setSaving] = useState(false);
  const [error, setError] = useState<unknown>();
  const titleInput = useRef<HTMLInputElement>(null);
  const id = useId();
  const fields = error instanceof ApiError ? error.fields : {};

  async function save(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    setSaving(true);
    setError(undefined);
    try {
      onCreated(await createNote({ title, body }));
      setTitle('');
      setBody('');
    } catch (failure) {
      setError(failure);
    } finally {
      setSaving(false);
      titleInput.current?.focus();
    }
  }

  return (
    <form onSubmit={event => void save(event)} aria-label="New note">
      <label htmlFor={`${id}title`}>Title</label>
      <input
        id={`${id}title`} ref={titleInput} value={title} onChange={event => setTitle(event.target.value)}
        required maxLength={200} autoComplete="off"
        aria-invalid={'title' in fields} aria-describedby={`${id}title-problem`}
      />
      <p id={`${id}title-problem`} className="problem">{fields.title && `The title ${fields.title}.`}</p>

      <label htmlFor={`${id}body`}>Text</label>
      <textarea
        id={`${id}body`} value={body} onChange={event => setBody(event.target.value)} rows={3} maxLength={10000}
        aria-invalid={'body' in fields} aria-describedby={`${id}body-problem`}
      />
      <p id={`${id}body-problem`} className="problem">{fields.body && `The text ${fields.body}.`}</p>

      {error !== undefined && <Failure message={messageOf(error)} />}
      <button type="submit" disabled={saving}>{saving ? 'Saving…' : 'Add note'}</button>
    </form>
  );
}
