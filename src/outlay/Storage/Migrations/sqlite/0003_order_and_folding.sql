-- A page of the trash is read in the order of the index.
drop index expenses_in_trash;
create index expenses_in_trash on expenses (owner, date desc, id desc) where deleted_at is not null;
