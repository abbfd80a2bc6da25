# fcclip_video: films and their tracks. Included by fcclip/CMakeLists.txt.
fcclip_library(video DEPENDS core io ops classify results segmenter image draw outputs runs)
