export function Failure({ message, retry }: { readonly message: string; readonly retry?: () => void }) {
  return (
    <div role="alert" className="failure">
      <p>{message}</p>
      {retry && <button type="button" onClick={retry}>Try again</button>}
    </div>
  );
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'Something went wrong. Please try again in a moment.';
}
