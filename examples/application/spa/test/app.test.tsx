import { render, screen, waitFor, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { MemoryRouter } from 'react-router';
import { beforeEach, describe, expect, test } from 'vitest';
import { App } from '../src/app';
import { FakeApi } from './fake-api';

let api: FakeApi;

beforeEach(() => {
  api = new FakeApi();
});

function open(path = '/') {
  render(<MemoryRouter initialEntries={[path]}><App /></MemoryRouter>);
  return userEvent.setup();
}

const titles = () => screen.getAllByRole('listitem').map(item => within(item).getByRole('link').textContent);

describe('start', () => {
  test('names the environment and the release', async () => {
    open();
    expect(await screen.findByText('staging')).toBeVisible();
    expect(screen.getByText('Release 1.2.3')).toBeVisible();
  });

  test('does not name production', async () => {
    api.config = () => Response.json({ environment: 'production' });
    open();
    expect(await screen.findByText('Release 1.2.3')).toBeVisible();
    expect(screen.queryByText('production')).not.toBeInTheDocument();
  });

  test.each([
    ['is missing', () => new Response('', { status: 404 })],
    ['is a page of HTML', () => new Response('<!doctype html>')],
    ['names none', () => Response.json({})],
  ])('is a first page where the release %s', async (_, release) => {
    api.release = release;
    open();
    expect(await screen.findByText('First page')).toBeVisible();
  });

  test.each([
    ['is missing', () => new Response('', { status: 403 })],
    ['is a page of HTML', () => new Response('<!doctype html>')],
    ['lacks a field', () => Response.json({ release: '1.2.3' })],
  ])('says so when the configuration %s, and starts on another try', async (_, config) => {
    const good = api.config;
    api.config = config;
    const user = open();
    expect(await screen.findByRole('alert')).toHaveTextContent('Notes could not start.');
    expect(api.requests).toEqual([]);

    api.config = good;
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('heading', { name: 'Notes' })).toBeVisible();
  });
});

describe('the list', () => {
  test('invites to the first note', async () => {
    open();
    expect(await screen.findByText('No notes yet. Add the first one.')).toBeVisible();
  });

  test('grows page by page', async () => {
    for (const title of ['one', 'two', 'three']) {
      api.add(title);
    }
    api.pageSize = 2;
    const user = open();
    await screen.findByRole('link', { name: 'three' });
    expect(titles()).toEqual(['three', 'two']);

    await user.click(screen.getByRole('button', { name: 'Older notes' }));
    await screen.findByRole('link', { name: 'one' });
    expect(titles()).toEqual(['three', 'two', 'one']);
    expect(screen.queryByRole('button', { name: 'Older notes' })).not.toBeInTheDocument();
  });

  test('takes a new note on top and clears the form', async () => {
    api.add('old');
    const user = open();
    await user.type(await screen.findByLabelText('Title'), 'Buy milk');
    await user.type(screen.getByLabelText('Text'), 'two litres');
    await user.click(screen.getByRole('button', { name: 'Add note' }));

    expect(await screen.findByText('Added “Buy milk”')).toBeVisible();
    expect(titles()).toEqual(['Buy milk', 'old']);
    expect(api.notes[0]).toMatchObject({ title: 'Buy milk', body: 'two litres' });
    expect(screen.getByLabelText('Title')).toHaveValue('');
    expect(screen.getByLabelText('Title')).toHaveFocus();
  });

  test('marks the field that the API refused and keeps what was typed', async () => {
    const user = open();
    await user.type(await screen.findByLabelText('Title'), ' x');
    api.failNext(() => Response.json(
      { error: { code: 'invalid', message: 'the request is not valid', fields: { title: 'must not be empty' } } }, { status: 400 },
    ));
    await user.click(screen.getByRole('button', { name: 'Add note' }));

    expect(await screen.findByRole('alert')).toHaveTextContent('Please correct what is marked.');
    expect(screen.getByLabelText('Title')).toBeInvalid();
    expect(screen.getByLabelText('Title')).toHaveAccessibleDescription('The title must not be empty.');
    expect(screen.getByLabelText('Title')).toHaveValue(' x');
  });

  test('drops a deleted note', async () => {
    api.add('keep');
    api.add('drop');
    const user = open();
    await user.click(await screen.findByRole('button', { name: 'Delete “drop”' }));
    expect(await screen.findByText('Deleted “drop”')).toBeVisible();
    expect(titles()).toEqual(['keep']);
    expect(api.notes).toHaveLength(1);
  });

  test('counts a note that is gone already as deleted', async () => {
    api.add('drop');
    const user = open();
    const button = await screen.findByRole('button', { name: 'Delete “drop”' });
    api.notes.length = 0;
    await user.click(button);
    expect(await screen.findByText('Deleted “drop”')).toBeVisible();
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();
  });

  test('keeps a note whose deletion failed', async () => {
    api.add('stay');
    const user = open();
    const button = await screen.findByRole('button', { name: 'Delete “stay”' });
    api.failNext(() => new Response('<html>', { status: 502 }));
    await user.click(button);
    expect(await screen.findByRole('alert')).toHaveTextContent('Something went wrong (502).');
    expect(titles()).toEqual(['stay']);
    expect(button).toBeEnabled();
  });

  test.each([
    ['the API is unavailable', () => Response.json({ error: { code: 'database_unavailable' } }, { status: 503 }), 'Something went wrong (503).'],
    ['the answer is no JSON', () => new Response('<!doctype html>'), 'Something went wrong (200).'],
    ['the network is down', () => Promise.reject(new TypeError('failed')), 'The server cannot be reached.'],
  ])('says so when %s, and loads on another try', async (_, failure, message) => {
    api.add('here');
    api.failNext(failure);
    const user = open();
    expect(await screen.findByRole('alert')).toHaveTextContent(message);
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('link', { name: 'here' })).toBeVisible();
  });
});

describe('one note', () => {
  test('is shown by its address', async () => {
    const note = api.add('Buy milk', 'two litres');
    open(`/notes/${note.id}`);
    expect(await screen.findByRole('heading', { name: 'Buy milk' })).toBeVisible();
    expect(screen.getByText('two litres')).toBeVisible();
    await waitFor(() => expect(document.title).toBe('Buy milk – Notes'));
    expect(api.requests).toEqual([`GET /api/notes/${note.id}`]);
  });

  test('is reached from the list and deleted', async () => {
    api.add('Buy milk');
    const user = open();
    await user.click(await screen.findByRole('link', { name: 'Buy milk' }));
    await user.click(await screen.findByRole('button', { name: 'Delete' }));
    expect(await screen.findByText('No notes yet. Add the first one.')).toBeVisible();
    await waitFor(() => expect(document.title).toBe('Notes'));
  });

  test('that does not exist is an error with a way back', async () => {
    open('/notes/nothing');
    expect(await screen.findByRole('alert')).toHaveTextContent('This note does not exist, or not any more.');
    expect(screen.getByRole('link', { name: 'All notes' })).toHaveAttribute('href', '/');
  });
});

test('an unknown address is a page with a way back', async () => {
  open('/nowhere');
  expect(await screen.findByRole('heading', { name: 'Page not found' })).toBeVisible();
});
