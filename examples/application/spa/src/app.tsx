import { Link, Route, Routes } from 'react-router';
import { Failure } from './failure';
import { NoteList } from './note-list';
import { NotePage } from './note-page';
import { loadRuntimeConfig } from './runtime-config';
import { useLoaded } from './use-loaded';

export function App() {
  const config = useLoaded(loadRuntimeConfig);

  if (config.state === 'failed') {
    return <main><Failure message="Notes could not start." retry={config.reload} /></main>;
  }
  if (config.state === 'loading') {
    return <main aria-busy="true"><p role="status">Starting…</p></main>;
  }
  const { environment, release } = config.value;
  return (
    <>
      <header>
        <Link to="/" className="brand">Notes</Link>
        {environment !== 'production' && <span className="environment">{environment}</span>}
      </header>
      <main>
        <Routes>
          <Route index element={<NoteList />} />
          <Route path="notes/:id" element={<NotePage />} />
          <Route path="*" element={<NotFound />} />
        </Routes>
      </main>
      <footer>{release ? `Release ${release}` : 'First page'}</footer>
    </>
  );
}

function NotFound() {
  return (
    <>
      <h1>Page not found</h1>
      <p><Link to="/">All notes</Link></p>
    </>
  );
}
