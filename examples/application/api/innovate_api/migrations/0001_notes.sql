create table notes (
  id uuid primary key default gen_random_uuid(),
  title text not null check (char_length(title) between 1 and 200),
  body text not null default '' check (char_length(body) <= 10000),
  created_at timestamptz not null default clock_timestamp()
);

-- the order of the list, and its keyset
create index notes_newest_first on notes (created_at desc, id desc);
