DROP TABLE ticket_lists;
DROP TABLE nps_answers;
DROP TABLE health_scores;
