import { useCallback, useEffect, useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { deleteNote, getNote } from './api';
import type { Note } from './api';
import { Failure, messageOf } from './failure';
import { Created } from './note-list';
import { useLoaded } from './use-loaded';

export function NotePage() {
  const { id = '' } = useParams();
  const note = useLoaded(useCallback(() => getNote(id), [id]));

  return (
    <>
      <p><Link to="/">All notes</Link></p>
      {note.state === 'loading' && <p role="status">Loading the note…</p>}
      {note.state === 'failed' && <Failure message={messageOf(note.error)} retry={note.reload} />}
      {note.state === 'ready' && <NoteArticle note={note.value} />}
    </>
  );
}

function NoteArticle({ note }: { readonly note: Note }) {
  const [deleting, setDeleting] = useState(false);
  const [error, setError] = useState<unknown>();
  const navigate = useNavigate();

  useEffect(() => { document.title = `${note.title} – Notes`; }, [note.title]);

  async function remove() {
    setError(undefined);
    setDeleting(true);
    try {
      await deleteNote(note.id);
      await navigate('/', { replace: true });
    } catch (failure) {
      setError(failure);
      setDeleting(false);
    }
  }

  return (
    <article>
      <h1>{note.title}</h1>
      <Created at={note.created_at} />
      <p className="body">{note.body}</p>
      {error !== undefined && <Failure message={messageOf(error)} />}
      <button type="button" disabled={deleting} onClick={() => void remove()}>Delete</button>
    </article>
  );
}
