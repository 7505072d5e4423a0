"""What was found on servers, as rows of plain data and as tables: a module for each report."""
