import { useEffect, useState } from 'react';
import { Link } from 'react-router';
import { deleteNote, listNotes } from './api';
import type { Note, Page } from './api';
import { Failure, messageOf } from './failure';
import { NoteForm } from './note-form';
import { useLoaded } from './use-loaded';

const firstPage = () => listNotes();

export function NoteList() {
  const first = useLoaded(firstPage);

  useEffect(() => { document.title = 'Notes'; }, []);

  return (
    <>
      <h1>Notes</h1>
      {first.state === 'loading' && <p role="status">Loading notes…</p>}
      {first.state === 'failed' && <Failure message={messageOf(first.error)} retry={first.reload} />}
      {first.state === 'ready' && <Notes first={first.value} />}
    </>
  );
}

function Notes({ first }: { readonly first: Page }) {
  const [notes, setNotes] = useState(first.items);
  const [next, setNext] = useState(first.next);
  const [loadingMore, setLoadingMore] = useState(false);
  const [deleting, setDeleting] = useState<string>();
  const [announcement, setAnnouncement] = useState('');
  const [error, setError] = useState<unknown>();

  function add(note: Note) {
    setNotes(current => [note, ...current]);
    setAnnouncement(`Added “${note.title}”`);
  }

  async function remove(note: Note) {
    setError(undefined);
    setDeleting(note.id);
    try {
      await deleteNote(note.id);
      setNotes(current => current.filter(({ id }) => id !== note.id));
      setAnnouncement(`Deleted “${note.title}”`);
    } catch (failure) {
      setError(failure);
    } finally {
      setDeleting(undefined);
    }
  }

  async function loadMore() {
    setError(undefined);
    setLoadingMore(true);
    try {
      const page = await listNotes(next);
      setNotes(current => [...current, ...page.items]);
      setNext(page.next);
    } catch (failure) {
      setError(failure);
    } finally {
      setLoadingMore(false);
    }
  }

  return (
    <>
      <NoteForm onCreated={add} />
      <p role="status" className="announcement">{announcement}</p>
      {error !== undefined && <Failure message={messageOf(error)} />}
      {notes.length === 0 && next === null
        ? <p>No notes yet. Add the first one.</p>
        : (
          <ul className="notes">
            {notes.map(note => (
              <li key={note.id}>
                <Link to={`/notes/${note.id}`}>{note.title}</Link>
                <Created at={note.created_at} />
                <button
                  type="button" className="quiet" aria-label={`Delete “${note.title}”`}
                  disabled={deleting === note.id} onClick={() => void remove(note)}
                >
                  Delete
                </button>
              </li>
            ))}
          </ul>
        )}
      {next !== null && (
        <button type="button" disabled={loadingMore} onClick={() => void loadMore()}>
          {loadingMore ? 'Loading…' : 'Older notes'}
        </button>
      )}
    </>
  );
}

export function Created({ at }: { readonly at: string }) {
  return <time dateTime={at}>{new Date(at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })}</time>;
}
