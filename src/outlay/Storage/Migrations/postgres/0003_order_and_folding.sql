-- A page of the trash is read in the order of the index.
drop index expenses_in_trash;
create index expenses_in_trash on expenses (owner, date desc, id desc) where deleted_at is not null;

-- Which of several spellings comes first does not depend on how the database sorts.
alter table expenses alter column category type text collate "C";
alter table expense_tags alter column tag type text collate "C";
alter table totals alter column category type text collate "C";
